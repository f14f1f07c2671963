import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import type { Shape } from "../tensor/shape.js";

/** Sums a gradient over the axes along which a value of shape `shape` was broadcast in the forward pass. */
export function unbroadcast(b: GraphBuilder, gradient: Value, shape: Shape): Value {
  const from = gradient.fact.shape;
  const lead = from.length - shape.length;
  const axes: number[] = [];
  from.forEach((dim, axis) => {
    if (axis < lead || (shape[axis - lead] === 1 && dim !== 1)) axes.push(axis);
  });
  if (axes.length === 0) return gradient;
  const summed = b.sum(gradient, axes, true, "unbroadcast");
  return lead > 0 ? b.reshape(summed, shape, "unbroadcast/shape") : summed;
}
