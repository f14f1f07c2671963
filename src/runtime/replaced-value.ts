import type { TypedGraph } from "../onnx/ir.js";

/**
 * The graph with one of its values as an input of the same name, which everything after it reads. The producer is kept:
 * its other outputs may be read.
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
