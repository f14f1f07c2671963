import type { TypedGraph } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import { mergeCrops } from "./merge-crops.js";
import { mergeEqualNodes } from "./merge-equal-nodes.js";
import { mergeReshapes } from "./merge-reshapes.js";
import { stageReductions } from "./stage-reductions.js";

/** Optimizes a complete graph before it is compiled or written to a file: accurate sums, fewer nodes. */
export function finishGraph(graph: TypedGraph, registry: Registry): TypedGraph {
  const merged = mergeEqualNodes(mergeCrops(graph), registry);
  return mergeReshapes(stageReductions(merged, registry.infer));
}
