import { int } from "../../onnx/attribute.js";
import type { Graph, Node } from "../../onnx/ir.js";
import type { ScoreElement } from "../../target/detection.js";
import { int64, type Tensor } from "../../tensor/tensor.js";

/**
 * The graph of a head whose class scores are conditional, with the product of every column and the objectness as a
 * further value: what detectors call the confidence.
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
