import { graphMethod } from "../core/method.js";
import { positive, rescaledMaps } from "../../decomposition/psi.js";
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
    const terms = layersOf(full, convention).map(({ b, term }) => positive(b, term()));
    return { map: addMaps(full, rescaledMaps(full, terms, convention), convention) };
  },
});
