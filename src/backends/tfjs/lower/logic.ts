import type { InfinityAttrs } from "../../../ops/elementwise/logic.js";
import type { Lowering, Lowerings, NodeToLower } from "./lowering.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/**
 * a > b as a mask. Against a known number it is the Step of a difference: on wasm twenty times faster than Greater.
 */
function greater(w: TfOpBuilder, a: Operand, b: Operand): Operand {
  if (a.type === "float32") {
    const [left, right] = [numberOf(a), numberOf(b)];
    if (right !== undefined) return w.above(a, right);
    if (left !== undefined) return w.below(b, left);
  }
  return w.binary("Greater", a, b);
}

function numberOf({ known, dims }: Operand): number | undefined {
  const value = known && dims.every((d) => d === 1) ? Number(known.data[0]) : undefined;
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

const whetherEach =
  (rule: (w: TfOpBuilder, a: Operand, b: Operand) => Operand): Lowering =>
  (w, n) =>
    rule(w, n.x(0), n.x(1));

export const logic: Lowerings = {
  Equal: whetherEach((w, a, b) => w.binary("Equal", a, b)),
  Greater: whetherEach(greater),
  Less: whetherEach((w, a, b) => greater(w, b, a)),
  GreaterOrEqual: whetherEach((w, a, b) => w.not(greater(w, b, a))),
  LessOrEqual: whetherEach((w, a, b) => w.not(greater(w, a, b))),
  And: whetherEach((w, a, b) => w.mul(a, b)),
  Or: whetherEach((w, a, b) => w.sub(w.add(a, b), w.mul(a, b))),
  Xor: whetherEach((w, a, b) => w.unary("Square", w.sub(a, b))),
  Not: (w, n) => w.not(n.x()),
  IsNaN: (w, n) => w.unary("IsNan", n.x()),
  IsInf: (w, n: NodeToLower<InfinityAttrs>) => {
    const infinite = w.unary("IsInf", n.x());
    const { negative, positive } = n.attrs;
    if (negative && positive) return infinite;
    if (!negative && !positive) return w.fill(n.dims(), 0);
    return w.mul(infinite, positive ? w.above(n.x(), 0) : w.below(n.x(), 0));
  },
  Where: (w, n) => w.select(n.x(0), n.x(1), n.x(2)),
};
