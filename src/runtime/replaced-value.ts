import type { TypedGraph } from "../onnx/ir.js";

/**
 * The graph with one of its values given from outside, under its own name: everything after it reads the new input. What
 * made it stays, for what else needs it.
 */
export function withReplacedValue(graph: TypedGraph, name: string): TypedGraph {
  const fact = graph.facts.get(name)!;
  let computed = `${name}/computed`;
  while (graph.facts.has(computed)) computed += "_";
  const nodes = graph.nodes.map((node) =>
    node.outputs.includes(name)
      ? { ...node, outputs: node.outputs.map((o) => (o === name ? computed : o)) }
      : node,
  );
  const facts = new Map([...graph.facts, [computed, fact]]);
  return { ...graph, nodes, facts, inputs: [...graph.inputs, { name, fact }] };
}
