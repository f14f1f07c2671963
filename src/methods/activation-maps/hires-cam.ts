import { classActivationMap } from "../building-blocks/class-activation-map.js";

/** HiResCAM: max(Σ_c ∂f/∂A_c ⊙ A_c, 0) (Draelos & Carin 2020, eq. 6). */
export const hiresCam = classActivationMap({
  name: "hires-cam",
  title: "HiResCAM",
  paper: "Draelos and Carin, Use HiResCAM instead of Grad-CAM, arXiv 2011.08891, 2020",
  emit: (b, { activations, gradient }) => b.sum(b.mul(gradient, activations), [1]),
});
