import type { Graph } from "../../src/onnx/ir.js";
import { graphToJson } from "../../src/onnx/file/graph-json.js";
import { folderFormat } from "../../src/onnx/file/tfjs-folder.js";
import { packWeights, type PackedWeights } from "./tfjs-weights.js";

/** Constants smaller than this stay in the topology. */
const leastWeight = 16;

/**
 * A model in tfjs's folder format: a JSON topology and weights in files of 4 MB, for `loadTfjs` and `load`. The
 * conversion is lossless: the topology is the ONNX graph.
 *
 * Option `half` stores float32 weights as float16, half the size.
 */
export function convertToTfjs(
  graph: Graph,
  { half = false, generatedBy }: { readonly half?: boolean; readonly generatedBy: string },
): { readonly model: Readonly<Record<string, unknown>>; readonly weights: PackedWeights } {
  const weights = [...graph.constants].filter(
    ([, t]) => t.dtype === "float32" && t.data.length >= leastWeight,
  );
  const names = new Set(weights.map(([name]) => name));
  return {
    model: {
      ...{ format: folderFormat, generatedBy, convertedBy: generatedBy },
      modelTopology: graphToJson(graph, (name) => names.has(name)),
    },
    weights: packWeights(weights, half),
  };
}
