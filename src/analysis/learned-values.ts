import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";

/**
 * The values that depend on the input through a layer with weights. Earlier values are the input itself, moved, rescaled
 * or recoloured, and explaining them is of no use.
 *
 * @param active values that depend on the input
 */
export function learnedValues(
  graph: TypedGraph,
  registry: Registry,
  active: ReadonlySet<string>,
): ReadonlySet<string> {
  const learned = new Set<string>();
  for (const node of graph.nodes) {
    const isLearned =
      node.inputs.some((name) => learned.has(name)) ||
      (node.inputs.some((name) => active.has(name)) && hasWeights(graph, registry, node, active));
    if (isLearned) for (const name of node.outputs) learned.add(name);
  }
  return learned;
}

function hasWeights(
  { facts }: TypedGraph,
  registry: Registry,
  node: Node,
  active: ReadonlySet<string>,
): boolean {
  const role = registry.role(node);
  if (role === "product") return node.inputs.some((name) => !active.has(name));
  if (role !== "convolution") return false;
  const [outer = 0, inner = 0, ...kernel] = facts.get(node.inputs[1] ?? "")?.shape ?? [];
  // A 1×1 convolution that does not add channels only recolours.
  return kernel.length === 0 || kernel.some((extent) => extent !== 1) || outer > inner;
}
