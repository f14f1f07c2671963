import { graphMethod } from "../core/method.js";
import { positive, rescaledSum } from "../../decomposition/psi.js";
import { conventionSetting, srinivas } from "./fullgrad.js";
import { addMaps, layersOf } from "../building-blocks/fullgrad-layers.js";

/** FullGrad of the positive terms, the evidence for the target: ψ = upsample ∘ rescale ∘ max(t, 0). */
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
