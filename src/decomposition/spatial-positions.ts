import type { Restoration } from "../analysis/traced-axes.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import { sameShape, type Shape } from "../tensor/shape.js";

/** The spatial axes of a value [N,C,…spatial]. */
export const spatialAxes = (v: Value): number[] =>
  v.fact.shape.flatMap((_, axis) => (axis > 1 ? [axis] : []));

/** Converts a value to [N,C,…spatial], unless it has this form. */
export function toImageOrder(b: GraphBuilder, value: Value, restoration: Restoration): Value {
  const { parts, perm, shape, rolls } = restoration;
  const positions = cutPositions(b, value, restoration);
  const ordered = b.transpose(b.reshape(positions, parts, "positions"), perm);
  return rolls.reduce(
    (v, roll, i) => rollBack(b, v, i + 2, roll),
    b.reshape(ordered, shape, "positions"),
  );
}

/** Removes class tokens from a value. Returns it in the shape of its factors. */
export function cutPositions(b: GraphBuilder, value: Value, { factors, cut }: Restoration): Value {
  const rows = b.reshape(value, factors, "positions");
  if (cut.length === 0) return rows;
  const axes = cut.map((c) => c.axis);
  const starts = cut.map((c) => c.start);
  const ends = cut.map((c) => c.end);
  return b.slice(rows, axes, starts, ends, "positions");
}

/** Undoes a roll: index p of the axis holds position p + roll. */
function rollBack(b: GraphBuilder, value: Value, axis: number, roll: number): Value {
  if (roll === 0) return value;
  const extent = Number(value.fact.shape[axis]);
  const front = b.slice(value, [axis], [extent - roll], [extent], "positions");
  const back = b.slice(value, [axis], [0], [extent - roll], "positions");
  return b.concat([front, back], axis, "positions");
}

/** Whether a value of this shape already has the form [N,C,…spatial]. */
export function isRestored(
  shape: Shape,
  { cut, perm, shape: wanted, rolls }: Restoration,
): boolean {
  return (
    rolls.every((roll) => roll === 0) &&
    cut.length === 0 &&
    perm.every((p, i) => p === i) &&
    sameShape(shape, wanted)
  );
}
