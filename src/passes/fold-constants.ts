import { prune } from "../onnx/prune.js";
import type { Node, TypedGraph } from "../onnx/ir.js";
import { isStatic } from "../tensor/shape.js";
import { fromNumbers, type Tensor } from "../tensor/tensor.js";

/**
 * Constant folding: replaces nodes whose output elements are all known (the shape arithmetic of a fixed-size export)
 * by constants, and removes dead nodes. Large constant computations, such as weight standardization, are left to the
 * back end, which folds them on loading.
 */
export function foldConstants(graph: TypedGraph): TypedGraph {
  const constants = new Map(graph.constants);
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const folded = node.outputs.map((name) => constantOf(graph, name));
    if (folded.every((t) => t !== undefined)) {
      node.outputs.forEach((name, i) => constants.set(name, folded[i]!));
    } else {
      nodes.push(node);
    }
  }
  return prune({ ...graph, nodes, constants });
}

function constantOf(graph: TypedGraph, name: string): Tensor | undefined {
  const fact = graph.facts.get(name);
  if (!fact?.elements || fact.dtype === "string" || !isStatic(fact.shape)) return undefined;
  if (!fact.elements.every((e) => typeof e === "number")) return undefined;
  return fromNumbers(fact.dtype, fact.shape, fact.elements);
}
