import type { Restoration } from "../analyzer/layout.js";
import { sameShape } from "../tensor/shape.js";
import { type GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import type { Shape } from "../tensor/shape.js";

/** Brings a value into the form [N,C,…places], where it is not in it already. */
export function restorePlaces(b: GraphBuilder, value: Value, restoration: Restoration): Value {
  const { factors, cut, parts, perm, shape } = restoration;
  const axes = cut.map((c) => c.axis);
  const starts = cut.map((c) => c.start);
  const ends = cut.map((c) => c.end);
  const rows = b.reshape(value, factors, "places");
  const places = axes.length > 0 ? b.slice(rows, axes, starts, ends, "places") : rows;
  return b.reshape(b.transpose(b.reshape(places, parts, "places"), perm), shape, "places");
}

/** Whether a value of this shape is in the form [N,C,…places] as it is. */
export function isRestored(shape: Shape, { cut, perm, shape: wanted }: Restoration): boolean {
  return cut.length === 0 && perm.every((p, i) => p === i) && sameShape(shape, wanted);
}
