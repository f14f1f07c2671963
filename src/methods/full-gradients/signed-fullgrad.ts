import { graphMethod } from "../core/method.js";
import { signedSum, spreadSum } from "../../decomposition/psi.js";
import { choice } from "../core/settings.js";
import { conventionSetting, srinivas } from "./fullgrad.js";
import { addMaps, layersOf } from "../building-blocks/fullgrad-layers.js";

/**
 * FullGrad without the absolute value: evidence for and against the target, which may cancel. With `rescale=layer`,
 * ψ = upsample ∘ (t / max|t| of the layer), all layers have equal weight. With `rescale=none`, ψ = upsample, and the
 * sum of the map plus the terms outside it equals the score (exactly if the layers' sizes divide the image size).
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
      "layer: divide each layer by its largest term; none: do not, so that the map adds up to the score",
    ),
  },
  emit: (full, { convention, rescale }) => {
    const layers = layersOf(full, convention);
    if (rescale === "layer") {
      const maps = layers.map(({ b, term }) => signedSum(b, term(), convention));
      return { map: addMaps(full, maps, convention) };
    }
    const size = full.input.fact.shape.slice(2).map(Number);
    // The 2019 code resizes with half-pixel centres.
    return {
      map: addMaps(
        full,
        layers.map(({ b, term }) => spreadSum(b, term(), size)),
        "paper2019",
      ),
    };
  },
});
