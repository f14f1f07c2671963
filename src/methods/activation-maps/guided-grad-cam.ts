import { differentiate } from "../../autodiff/differentiate.js";
import { graphMethod } from "../core/method.js";
import {
  positivePart as positiveGradient,
  withActivationRule,
} from "../building-blocks/activation-rules.js";
import { camSettings, layersMap } from "../building-blocks/class-activation-map.js";
import { gradCamOf } from "./grad-cam.js";

/** Guided Grad-CAM: guided back-propagation ⊙ Grad-CAM upsampled to the image (Selvaraju et al. 2017, §3.2). */
export const guidedGradCam = graphMethod({
  name: "guided-grad-cam",
  title: "Guided Grad-CAM",
  paper: "Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks, ICCV 2017",
  signed: false,
  attributes: "input",
  settings: camSettings,
  emit: (full, { layer: wanted }) => {
    const b = full.b.within("guided-grad-cam");
    const { map: cam, layer, largestSum } = layersMap(full, "guided-grad-cam", wanted, gradCamOf);
    const rules = withActivationRule(full, { arriving: positiveGradient, through: true });
    const seeds = new Map([[full.explained.name, full.target.seed]]);
    const guided = differentiate(full.b, full.graph, rules, seeds, full.plan.path.active);
    const attribution = b.mul(guided.of(full.input.name)!, cam, "attribution");
    return { attribution, info: { layer }, evidence: { largestSum } };
  },
});
