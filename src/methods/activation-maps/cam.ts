import { graphMethod } from "../core/method.js";
import {
  largestOf,
  layerSettings,
  positivePart,
  resizeToImage,
} from "../building-blocks/class-activation-map.js";
import { ofTarget, placeScores } from "../building-blocks/class-maps.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";
import type { Value } from "../../onnx/ir.js";

/**
 * The contribution of each position p to each score: f(A at p) − f(0), which is Σ_c w_kc·A_c(p)/P for a mean over P
 * positions.
 */
function contributions(
  full: FullGradient,
  wanted: string | undefined,
): { maps: Value; layer: string } {
  const { layer, scores, nothing } = placeScores(full, wanted, "cam");
  return { maps: full.b.sub(scores, nothing), layer: layer.node };
}

/**
 * Class activation mapping: max(Σ_c w_kc A_c, 0) of a network that ends in a mean and a linear layer (Zhou et al.
 * 2016), computed as the contribution of each position to the score. The maps of all classes, signed, add up to the
 * scores without their biases.
 */
export const cam = graphMethod({
  name: "cam",
  title: "CAM",
  paper: "Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016",
  signed: false,
  attributes: "map",
  settings: layerSettings,
  classMaps: (full: FullGradient, { layer }) => contributions(full, layer).maps,
  emit: (full, { layer: wanted }) => {
    const { maps, layer } = contributions(full, wanted);
    const b = full.b.within("cam");
    const sum = ofTarget(full, maps);
    const map = resizeToImage(b, positivePart(b, sum), full.input);
    return { map, info: { layer }, evidence: { largestSum: largestOf(b, sum) } };
  },
});
