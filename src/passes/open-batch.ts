import type { Node } from "../onnx/ir.js";
import { fromNumbers, toNumbers, type Tensor } from "../tensor/tensor.js";

/**
 * The shape that a Reshape of another number of samples needs: exporters write the number that they traced into it. 0 takes
 * the extent of the input.
 *
 * @param shape the node's second input, where it is constant
 * @param batch the number of samples that the graph was written for
 * @returns undefined where the node needs no other shape
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
