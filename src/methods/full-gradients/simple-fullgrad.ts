import { graphMethod } from "../core/method.js";
import { absolute, rescaledMaps } from "../../decomposition/psi.js";
import { conventionSetting, isInReference, srinivas } from "./fullgrad.js";
import { addMaps, layersOf } from "../building-blocks/fullgrad-layers.js";

/**
 * Simple FullGrad: ψ of the gradient at each layer's output, without the factor of the bias (simple_fullgrad.py of the
 * reference code); the input term stays ∇ₓf ⊙ x. Layers are nodes with a bias of their own, not activations.
 */
export const simpleFullgrad = graphMethod({
  name: "simple-fullgrad",
  title: "Simple FullGrad",
  paper: srinivas,
  signed: false,
  attributes: "map",
  decomposes: true,
  settings: { convention: conventionSetting },
  emit: (full, { convention }) => {
    const terms = layersOf(full, convention).flatMap(({ b, term, units }) => {
      const unit = units.at(-1);
      if (unit && !isInReference(unit)) return [];
      return [absolute(b, unit ? unit.gradient() : term())];
    });
    return { map: addMaps(full, rescaledMaps(full, terms, convention), convention) };
  },
});
