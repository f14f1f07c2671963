import type { Node, TypedGraph } from "./ir.js";

/** Dead-code elimination: removes nodes and constants that no output depends on. Declared inputs are kept. */
export function prune<G extends TypedGraph>(graph: G): G {
  const needed = new Set(graph.outputs.map((o) => o.name));
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((o) => needed.has(o))) continue;
    nodes.push(node);
    for (const name of node.inputs) needed.add(name);
    for (const name of outerNames(node)) needed.add(name);
  }
  const keep = new Set([...needed, ...graph.inputs.map((i) => i.name)]);
  for (const node of nodes) for (const output of node.outputs) keep.add(output);
  return {
    ...graph,
    nodes: nodes.reverse(),
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
    facts: new Map([...graph.facts].filter(([name]) => keep.has(name))),
  };
}

/** Names that a node's subgraphs read from the enclosing graph. */
export function outerNames(node: Node): string[] {
  return Object.values(node.attributes).flatMap((a) => {
    if (a.type !== "graph") return [];
    const inner = a.value.nodes.flatMap((n) => [...n.inputs, ...outerNames(n)]);
    return [...inner, ...a.value.outputs.map((o) => o.name)];
  });
}
