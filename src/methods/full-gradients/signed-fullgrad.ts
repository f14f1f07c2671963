import { graphMethod } from "../core/method.js";
import { signedSum, spreadSum } from "../../decomposition/psi.js";
import { choice } from "../core/settings.js";
import { conventionSetting, srinivas } from "./fullgrad.js";
import { addMaps, layersOf } from "../building-blocks/fullgrad-layers.js";

/**
 * FullGrad without the absolute value: says what speaks for and against the target; where both meet, they cancel. With
 * `rescale=layer`, ψ = upsample ∘ (t / max|t| of the layer), every layer counts alike; with `rescale=none`, ψ = upsample
 * alone, and the pixels of the map and what it leaves out add up to the score (exactly where the layers' sizes divide
 * that of the image).
 */
export const signedFullgrad = graphMethod({
  name: "signed-fullgrad",
  title: "Signed FullGrad",
  paper: `Variant of: ${srinivas}`,
  signed: true,
  attributes: "map",
  decomposes: true,
  settings: {
    convention: conventionSetting,
    rescale: choice(
      ["layer", "none"],
      "layer",
      "by the largest term of each layer, or not: then the map adds up to the score",
    ),
  },
  emit: (full, { convention, rescale }) => {
    const layers = layersOf(full, convention);
    if (rescale === "layer") {
      const maps = layers.map(({ b, term }) => signedSum(b, term(), convention));
      return { map: addMaps(full, maps, convention) };
    }
    const size = full.input.fact.shape.slice(2).map(Number);
    // The resizing of 2019 has half-pixel centres.
    return {
      map: addMaps(
        full,
        layers.map(({ b, term }) => spreadSum(b, term(), size)),
        "paper2019",
      ),
    };
  },
});
