import { GraphBuilder, type InferNode } from "../../src/onnx/builder.js";
import type { TypedGraph, Value } from "../../src/onnx/ir.js";
import { outerNames } from "../../src/onnx/prune.js";
import { sortNodes } from "../../src/onnx/import/sort-nodes.js";

/** The replacement of an input. */
export interface Supply {
  /** Its value, computed from other inputs by a node without other outputs. */
  readonly value: Value;
  /** Further outputs, placed before the graph's outputs. */
  readonly outputs?: readonly { readonly name: string; readonly value: Value }[];
}

/**
 * The graph with one of its inputs computed inside it. Inputs added by `emit` take its position; the value keeps the
 * input's name.
 */
export function supplyInput(
  graph: TypedGraph,
  name: string,
  infer: InferNode,
  emit: (b: GraphBuilder) => Supply,
): TypedGraph {
  const at = graph.inputs.findIndex((i) => i.name === name);
  const others = graph.inputs.toSpliced(at, 1);
  const b = GraphBuilder.on({ ...graph, inputs: others }, infer);
  const { value, outputs = [] } = emit(b);
  const own = graph.outputs.map((o) => ({ name: o.name, value: b.value(o.name) }));
  const built = b.build([...outputs, ...own, { name: value.name, value }]);
  const nodes = built.nodes.map((node) => ({
    ...node,
    outputs: node.outputs.map((o) => (o === value.name ? name : o)),
  }));
  const reading = nodes.map((node) => ({ node, reads: [...node.inputs, ...outerNames(node)] }));
  return {
    ...built,
    inputs: others.toSpliced(at, 0, ...built.inputs.slice(others.length)),
    outputs: built.outputs.slice(0, -1),
    nodes: sortNodes(reading),
  };
}
