import { classActivationMap } from "../building-blocks/class-activation-map.js";

/** LayerCAM: max(Σ_c max(∂f/∂A_c, 0) ⊙ A_c, 0) (Jiang et al. 2021, eq. 5 and 6). */
export const layerCam = classActivationMap({
  name: "layer-cam",
  title: "LayerCAM",
  paper: "Jiang et al., LayerCAM: Exploring Hierarchical Class Activation Maps, IEEE TIP 2021",
  emit: (b, { activations, gradient }) => {
    const positive = b.op("Relu", [gradient]);
    return b.sum(b.mul(positive, activations), [1]);
  },
});
