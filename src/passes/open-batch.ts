import type { Node } from "../onnx/ir.js";
import { fromNumbers, toNumbers, type Tensor } from "../tensor/tensor.js";

/**
 * The shape that a Reshape needs for another batch size: exporters write the batch size of the trace into it. 0 copies
 * the extent of the input.
 *
 * @param shape the node's second input, if constant
 * @param batch the batch size that the graph was exported with
 * @returns undefined if the node needs no other shape
 */
export function shapeOfAnyBatch(
  node: Node,
  shape: Tensor | undefined,
  batch: number,
): Tensor | undefined {
  if (node.op !== "Reshape" || node.domain !== "" || !shape || shape.dtype === "string") {
    return undefined;
  }
  const [first, ...rest] = Array.from(toNumbers(shape));
  return first === batch ? fromNumbers(shape.dtype, shape.dims, [0, ...rest]) : undefined;
}
