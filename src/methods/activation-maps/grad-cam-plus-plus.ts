import { spatialAxes } from "../../decomposition/spatial-positions.js";
import { classActivationMap, weightedChannels } from "../building-blocks/class-activation-map.js";

const epsilon = 1e-6;

/**
 * Grad-CAM++: w_c = Σ α max(g, 0), α = g² / (2g² + g³ ΣA) where g is not 0 (Chattopadhay et al. 2018, eq. 11 and 19,
 * with the derivatives of exp(f), whose common factor cancels).
 */
export const gradCamPlusPlus = classActivationMap({
  name: "grad-cam++",
  title: "Grad-CAM++",
  paper: "Chattopadhay et al., Grad-CAM++: Improved Visual Explanations, WACV 2018",
  emit: (b, { activations, gradient: g }) => {
    const square = b.mul(g, g);
    const total = b.sum(activations, spatialAxes(activations));
    const divisor = b.add(b.mulScalar(square, 2), b.mul(total, b.mul(square, g)));
    const alpha = b.div(square, b.addScalar(divisor, epsilon));
    const weighted = b.mul(b.op("Relu", [g]), alpha);
    return weightedChannels(b, b.sum(weighted, spatialAxes(g), true, "weights"), activations);
  },
});
