import type { Node, TypedGraph } from "../onnx/ir.js";

/** Operators that combine elements by weights. */
const convolutions: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "DeformConv"]);
const products: ReadonlySet<string> = new Set(["Gemm", "MatMul", "Einsum"]);

/**
 * The values that lie behind a layer with weights. What comes before the first one is the input itself, moved, scaled or
 * in other colours, and explains nothing.
 *
 * @param active values that depend on the input
 */
export function learnedValues(graph: TypedGraph, active: ReadonlySet<string>): ReadonlySet<string> {
  const learned = new Set<string>();
  for (const node of graph.nodes) {
    const isLearned =
      node.inputs.some((name) => learned.has(name)) ||
      (node.inputs.some((name) => active.has(name)) && hasWeights(graph, node, active));
    if (isLearned) for (const name of node.outputs) learned.add(name);
  }
  return learned;
}

function hasWeights({ facts }: TypedGraph, node: Node, active: ReadonlySet<string>): boolean {
  if (products.has(node.op)) return node.inputs.some((name) => !active.has(name));
  if (!convolutions.has(node.op)) return false;
  const [outer = 0, inner = 0, ...kernel] = facts.get(node.inputs[1] ?? "")?.shape ?? [];
  // A 1×1 convolution that makes no more channels than there were changes colours.
  const isColors = kernel.length > 0 && kernel.every((extent) => extent === 1) && outer <= inner;
  return !(node.op === "Conv" && isColors);
}
