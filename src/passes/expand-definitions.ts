import { GraphBuilder } from "../onnx/builder.js";
import type { Node, TypedGraph } from "../onnx/ir.js";
import { prune } from "../onnx/prune.js";
import type { Registry } from "../ops/core/registry.js";

/**
 * The graph with the definitions of some nodes in their place, in definitions too. Names of what is added begin with the
 * node's: "attention/scores". Values keep their names.
 *
 * @param isExpanded of the nodes that have a definition; unless given, those without a gradient of their own and those of
 *   other domains than ai.onnx, for which no engine has a kernel
 */
export function expandDefinitions(
  graph: TypedGraph,
  registry: Registry,
  isExpanded: (node: Node) => boolean = (node) =>
    node.domain !== "" || registry.of(node).vjp === "by-definition",
): TypedGraph {
  const isOne = (node: Node): boolean =>
    registry.of(node).definition !== undefined && isExpanded(node);
  if (!graph.nodes.some(isOne)) return graph;
  const b = GraphBuilder.on(graph, registry.infer);
  const made: { name: string; value: ReturnType<GraphBuilder["value"]> }[] = [];
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (!isOne(node)) return [node];
    const before = b.nodes.length;
    const at = b.within(node.name);
    const view = registry.view(graph, node, () => false);
    const values = registry.of(node).definition!(at, view);
    // The value keeps the name of the node's output, whatever the definition called it.
    const renamed = node.outputs.flatMap((name, i): Node[] => {
      if (name === "") return [];
      const value = values[i];
      if (!value) throw view.error(`its definition has no output ${i}`);
      made.push({ name: value.name, value });
      const parts = { op: "Identity", domain: "", inputs: [value.name], attributes: {} };
      return [{ ...parts, name: i === 0 ? node.name : `${node.name}.${i}`, outputs: [name] }];
    });
    return [...b.nodes.slice(before), ...renamed];
  });
  const outputs = graph.outputs.map(({ name, fact }) => ({ name, value: { name, fact } }));
  const built = b.build([...outputs, ...made]);
  const facts = new Map([...built.facts, ...graph.facts]);
  const expanded = prune({ ...built, outputs: graph.outputs, nodes, facts });
  return expandDefinitions(expanded, registry, isExpanded);
}
