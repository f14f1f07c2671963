import type { Node, TypedGraph } from "../onnx/ir.js";
import type { NodeView } from "../ops/core/node-view.js";
import type { Registry } from "../ops/core/registry.js";
import type { BiasKind, BiasRule } from "../ops/core/spec.js";
import type { ActivePath } from "./active-path.js";

/** A node with a bias b: y = Σ Jᵢxᵢ + b. */
export interface BiasSite {
  readonly node: Node;
  readonly kind: BiasKind;
  readonly view: NodeView;
  readonly rule: Exclude<BiasRule, "none">;
  /** Name of the output that the bias is added to. */
  readonly output: string;
}

/** The bias-bearing nodes between the active inputs and an output, in graph order. */
export function findBiases(
  graph: TypedGraph,
  registry: Registry,
  path: ActivePath,
  output: string,
): BiasSite[] {
  const wanted = new Set([output]);
  const sites: BiasSite[] = [];
  for (const node of graph.nodes.toReversed()) {
    const y = node.outputs.find((name) => wanted.has(name) && path.active.has(name));
    if (y === undefined) continue;
    for (const name of node.inputs) if (path.active.has(name)) wanted.add(name);
    const view = registry.view(graph, node, (name) => path.active.has(name));
    const rule = registry.of(node).bias(view);
    if (rule !== "none") sites.push({ node, kind: rule.kind, view, rule, output: y });
  }
  return sites.reverse();
}
