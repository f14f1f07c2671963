import { graphMethod } from "../core/method.js";
import { layerSettings, resizeToImage } from "../building-blocks/class-activation-map.js";
import { ofTarget, placeScores } from "../building-blocks/class-maps.js";
import { spatialAxes } from "../../decomposition/spatial-positions.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";

/** Subtracts the minimum of each map. */
function fromLeast(b: GraphBuilder, maps: Value): Value {
  return b.sub(maps, b.min(maps, spatialAxes(maps)));
}

/**
 * Recipro-CAM: for each position of a layer, the score if the activations are kept there and set to 0 elsewhere, minus
 * the minimum over positions (Byun & Lee 2022, with a mask of one position; the paper scales the map to [0,1]). It
 * needs no gradient: the layers after this one run again, once for all positions, and give the maps of all classes.
 */
export const reciproCam = graphMethod({
  name: "recipro-cam",
  title: "Recipro-CAM",
  paper:
    "Byun and Lee, Recipro-CAM: Gradient-Free Reciprocal Class Activation Map, arXiv 2209.14074, 2022",
  signed: false,
  attributes: "map",
  settings: layerSettings,
  classMaps: (full: FullGradient, { layer }) => fromLeast(full.b, placeScores(full, layer).scores),
  emit: (full, { layer: wanted }) => {
    const { layer, scores } = placeScores(full, wanted);
    const map = fromLeast(full.b, ofTarget(full, scores));
    return { map: resizeToImage(full.b, map, full.input), info: { layer: layer.node } };
  },
});
