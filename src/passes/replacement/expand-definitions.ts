import type { Node, TypedGraph } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import { replaceNodes } from "./replace-nodes.js";

/**
 * The graph with nodes replaced by their definitions, until no such node is left: definitions may contain some.
 *
 * @param isExpanded which of the nodes with a definition are replaced; by default nodes without a gradient rule of
 *   their own and nodes of domains other than ai.onnx, for which no engine has a kernel
 */
export function expandDefinitions(
  graph: TypedGraph,
  registry: Registry,
  isExpanded: (node: Node) => boolean = (node) =>
    node.domain !== "" || registry.of(node).vjp === "by-definition",
): TypedGraph {
  const expanded = replaceNodes(graph, registry, (b, node) => {
    const { definition } = registry.of(node);
    if (!definition || !isExpanded(node)) return undefined;
    const view = registry.view(graph, node, () => false);
    const values = definition(b, view);
    const missing = node.outputs.findIndex((name, i) => name !== "" && !values[i]);
    if (missing >= 0) throw view.error(`its definition has no output ${missing}`);
    return values;
  });
  return expanded === graph ? graph : expandDefinitions(expanded, registry, isExpanded);
}
