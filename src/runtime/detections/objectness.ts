import { int } from "../../onnx/attribute.js";
import type { Graph, Node } from "../../onnx/ir.js";
import type { ScoreElement } from "../../target/detection.js";
import { int64, type Tensor } from "../../tensor/tensor.js";

/**
 * Adds the confidence to the graph of a head with conditional class scores: the product of every column and the
 * objectness.
 *
 * @param value the head, [N,M,5+K] or [N,5+K,M]
 */
export function withObjectness(
  graph: Graph,
  value: string,
  { column, axis }: NonNullable<ScoreElement["times"]>,
): { readonly graph: Graph; readonly output: string } {
  const output = `${value}/confidence`;
  const [at, objectness] = [`${output}/column`, `${output}/objectness`];
  const nodes: Node[] = [
    {
      ...{ name: objectness, op: "Gather", domain: "", attributes: { axis: int(axis) } },
      ...{ inputs: [value, at], outputs: [objectness] },
    },
    {
      ...{ name: output, op: "Mul", domain: "", attributes: {} },
      ...{ inputs: [value, objectness], outputs: [output] },
    },
  ];
  const constants = new Map<string, Tensor>([...graph.constants, [at, int64([column])]]);
  return { graph: { ...graph, nodes: [...graph.nodes, ...nodes], constants }, output };
}
