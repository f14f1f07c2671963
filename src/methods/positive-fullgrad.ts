import { graphMethod } from "../engine/method.js";
import { positive, rescaledSum } from "../engine/psi.js";
import { conventionSetting, srinivas } from "./fullgrad.js";
import { addMaps, layersOf } from "./fullgrad-layers.js";

/** FullGrad of what speaks for the target: ψ = upsample ∘ rescale ∘ max(t, 0). */
export const positiveFullgrad = graphMethod({
  name: "positive-fullgrad",
  title: "Positive FullGrad",
  paper: `Variant of: ${srinivas}`,
  signed: false,
  attributes: "map",
  decomposes: true,
  settings: { convention: conventionSetting },
  emit: (full, { convention }) => {
    const maps = layersOf(full, convention).map(({ b, term }) =>
      rescaledSum(b, positive(b, term()), convention),
    );
    return { map: addMaps(full, maps, convention) };
  },
});
