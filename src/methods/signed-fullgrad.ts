import { graphMethod } from "../engine/method.js";
import { signedSum } from "../engine/psi.js";
import { conventionSetting, srinivas } from "./fullgrad.js";
import { addMaps, layersOf } from "./fullgrad-layers.js";

/**
 * FullGrad without the absolute value: ψ = upsample ∘ (t / max|t| of the layer). Says what speaks for and against the
 * target; where both meet, they cancel.
 */
export const signedFullgrad = graphMethod({
  name: "signed-fullgrad",
  title: "Signed FullGrad",
  paper: `Variant of: ${srinivas}`,
  signed: true,
  attributes: "map",
  decomposes: true,
  settings: { convention: conventionSetting },
  emit: (full, { convention }) => {
    const maps = layersOf(full, convention).map(({ b, term }) => signedSum(b, term(), convention));
    return { map: addMaps(full, maps, convention) };
  },
});
