import type { Graph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";

/** Number of nodes that round a value which is not constant. Gradients pass straight through them. */
export function countQuantizers({ nodes, constants }: Graph, registry: Registry): number {
  const rounds = nodes.filter((n) => registry.get(n.op, n.domain)?.rounds);
  return rounds.filter((n) => !constants.has(n.inputs[0]!)).length;
}
