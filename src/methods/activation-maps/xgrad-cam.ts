import { spatialAxes } from "../../decomposition/spatial-positions.js";
import { classActivationMap, weightedChannels } from "../building-blocks/class-activation-map.js";

const epsilon = 1e-7;

/** XGrad-CAM: w_c = Σ ∂f/∂A_c ⊙ A_c / ΣA_c (Fu et al. 2020, eq. 8). */
export const xgradCam = classActivationMap({
  name: "xgrad-cam",
  title: "XGrad-CAM",
  paper: "Fu et al., Axiom-based Grad-CAM, BMVC 2020",
  emit: (b, { activations, gradient }) => {
    const positions = spatialAxes(gradient);
    const total = b.addScalar(b.sum(activations, positions), epsilon);
    const weights = b.div(b.sum(b.mul(gradient, activations), positions), total, "weights");
    return weightedChannels(b, weights, activations);
  },
});
