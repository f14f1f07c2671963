import type { Graph } from "../../src/onnx/ir.js";
import { graphToJson } from "../../src/onnx/file/graph-json.js";
import { folderFormat } from "../../src/onnx/file/tfjs-folder.js";
import { packWeights, type PackedWeights } from "./tfjs-weights.js";

/** Constants below this stay in the topology. */
const leastWeight = 16;

/**
 * A model in the form that tfjs users know: a topology as JSON and weights in files of 4 MB, for `loadTfjs` and `load`.
 * Nothing is lost: the topology is the ONNX graph. With `half`, float32 weights are float16, half the size.
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
