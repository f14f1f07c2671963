import type { Restoration } from "../analysis/traced-axes.js";
import { sameShape } from "../tensor/shape.js";
import { type GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import type { Shape } from "../tensor/shape.js";

/** Converts a value to [N,C,…spatial], unless it has this form. */
export function toImageOrder(b: GraphBuilder, value: Value, restoration: Restoration): Value {
  const { factors, cut, parts, perm, shape, rolls } = restoration;
  const axes = cut.map((c) => c.axis);
  const starts = cut.map((c) => c.start);
  const ends = cut.map((c) => c.end);
  const rows = b.reshape(value, factors, "places");
  const places = axes.length > 0 ? b.slice(rows, axes, starts, ends, "places") : rows;
  const ordered = b.transpose(b.reshape(places, parts, "places"), perm);
  return rolls.reduce(
    (v, roll, i) => rollBack(b, v, i + 2, roll),
    b.reshape(ordered, shape, "places"),
  );
}

/** Undoes a roll: index p of the axis holds position p + roll. */
function rollBack(b: GraphBuilder, value: Value, axis: number, roll: number): Value {
  if (roll === 0) return value;
  const extent = Number(value.fact.shape[axis]);
  const front = b.slice(value, [axis], [extent - roll], [extent], "places");
  const back = b.slice(value, [axis], [0], [extent - roll], "places");
  return b.concat([front, back], axis, "places");
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

/** The spatial extents of a value in the form [N,…spatial,C], even if these share axes. */
export function placesFirst({
  cut,
  parts,
  perm,
  shape,
  rolls,
}: Restoration): readonly number[] | undefined {
  const last = parts.length - 1;
  const fits =
    rolls.every((roll) => roll === 0) &&
    cut.length === 0 &&
    perm[0] === 0 &&
    perm[1] === last &&
    perm.slice(2).every((p, i) => p === i + 1) &&
    parts[0] === shape[0] &&
    parts[last] === shape[1];
  return fits ? shape.slice(2).map(Number) : undefined;
}
