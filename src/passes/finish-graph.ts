import type { InferNode } from "../onnx/builder.js";
import type { TypedGraph } from "../onnx/ir.js";
import { mergeCrops } from "./merge-crops.js";
import { mergeEqualNodes } from "./merge-equal-nodes.js";
import { mergeReshapes } from "./merge-reshapes.js";
import { stageReductions } from "./stage-reductions.js";

/** A finished graph as it is handed to a back end or written to a file: with accurate sums, in fewer nodes. */
export function finishGraph(graph: TypedGraph, infer: InferNode): TypedGraph {
  return mergeReshapes(stageReductions(mergeEqualNodes(mergeCrops(graph)), infer));
}
