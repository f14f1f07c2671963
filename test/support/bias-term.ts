import type { Gradients } from "../../src/autodiff/differentiate.js";
import type { GraphBuilder } from "../../src/onnx/builder.js";
import type { TypedGraph, Value } from "../../src/onnx/ir.js";
import { registry } from "../../src/ops/all.js";

/**
 * The bias of a graph that is one operator, or its definition, carried to the output: v ⊙ bias of a single node, the sum
 * of all elements of several; undefined where nothing is added.
 *
 * @param gradients of the graph's values, where the output's is v
 */
export function biasTerm(
  b: GraphBuilder,
  graph: TypedGraph,
  active: ReadonlySet<string>,
  gradients: Gradients,
): Value | undefined {
  const isActive = (name: string): boolean => active.has(name);
  const terms = graph.nodes.flatMap((node) => {
    const dy = gradients.of(node.outputs[0]!);
    if (!dy || !isActive(node.outputs[0]!)) return [];
    const rule = registry.of(node).bias(registry.view(graph, node, isActive));
    return rule === "none" ? [] : [b.mul(dy, rule.emit(b.within("bias")), "term")];
  });
  if (terms.length < 2) return terms[0];
  return terms.map((t) => b.sum(t, undefined, false)).reduce((p, q) => b.add(p, q));
}
