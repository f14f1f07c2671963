import { spatialAxes } from "../../decomposition/spatial-positions.js";
import { classActivationMap } from "../building-blocks/class-activation-map.js";
import { firstProjection } from "./eigen-cam.js";

/**
 * Eigen-Grad-CAM: max(M v, 0), M = ∂f/∂A ⊙ A as positions × channels, with the mean of each channel subtracted, and v
 * its first right singular vector, as in pytorch-grad-cam. The sign of v makes the number that is farthest from 0
 * positive (Chung & Ying 2025, eq. 13).
 */
export const eigenGradCam = classActivationMap({
  name: "eigen-grad-cam",
  title: "Eigen-Grad-CAM",
  paper:
    "Gildenblat et al., pytorch-grad-cam, 2021; sign: Chung and Ying, Seg-Eigen-CAM, Applied Sciences 2025",
  emit: (b, { activations, gradient }) => {
    const product = b.mul(gradient, activations);
    const axes = spatialAxes(product);
    const map = firstProjection(b, b.sub(product, b.mean(product, axes)));
    const farthest = b.add(b.max(map, axes), b.min(map, axes));
    return b.mul(map, b.op("Sign", [farthest]));
  },
});
