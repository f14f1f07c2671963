import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { spatialAxes } from "../../decomposition/spatial-positions.js";
import {
  classActivationMap,
  weightedChannels,
  type CamLayer,
} from "../building-blocks/class-activation-map.js";

/** Grad-CAM: max(Σ_c w_c A_c, 0), w_c the spatial mean of ∂f/∂A_c (Selvaraju et al. 2017, eq. 1 and 2). */
export const gradCam = classActivationMap({
  name: "grad-cam",
  title: "Grad-CAM",
  paper: "Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks, ICCV 2017",
  emit: gradCamOf,
});

/** Σ_c w_c A_c of a layer, at the layer's resolution. */
export function gradCamOf(b: GraphBuilder, { activations, gradient }: CamLayer): Value {
  return weightedChannels(b, b.mean(gradient, spatialAxes(gradient), "weights"), activations);
}
