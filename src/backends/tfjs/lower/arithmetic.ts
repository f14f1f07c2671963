import type { UnaryOperator } from "../program.js";
import type { Lowering, Lowerings, NodeToLower } from "./lowering.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

const unary =
  (op: UnaryOperator): Lowering =>
  (w, n) =>
    w.unary(op, n.x());

/** Rounding leaves integers unchanged. */
const rounding =
  (op: UnaryOperator): Lowering =>
  (w, n) =>
    n.isReal() ? w.unary(op, n.x()) : n.x();

const folded =
  (combine: (w: TfOpBuilder, a: Operand, b: Operand) => Operand): Lowering =>
  (w, n) =>
    n.all().reduce((a, b) => combine(w, a, b));

/** Integer division truncates towards zero. */
function divide(w: TfOpBuilder, n: NodeToLower): Operand {
  const [a, b] = [n.x(0), n.x(1)];
  if (n.isReal()) return w.div(a, b);
  const size = w.binary("FloorDiv", w.unary("Abs", a), w.unary("Abs", b));
  return w.mul(size, w.mul(w.unary("Sign", a), w.unary("Sign", b)));
}

/** Remainder with the sign of the divisor, or of the dividend with fmod. */
function remainder(w: TfOpBuilder, n: NodeToLower<{ fmod: boolean }>): Operand {
  const [a, b] = [n.x(0), n.x(1)];
  if (!n.attrs.fmod) return w.binary("FloorMod", a, b);
  const size = w.binary("FloorMod", w.unary("Abs", a), w.unary("Abs", b));
  return w.mul(size, w.unary("Sign", a));
}

/** xᵖ. Common exponents have dedicated operators, which are faster and exact. */
function power(w: TfOpBuilder, n: NodeToLower): Operand {
  const [x, exponent] = [n.x(0), n.x(1)];
  if (!n.isReal(0)) {
    // Computed in float32: exact up to 2²⁴, enough for integer powers of indices.
    const real = w.binary("Pow", w.cast(x, "float32"), w.cast(exponent, "float32"));
    return w.cast(w.unary("Round", real), "int32");
  }
  const known = exponent.dims.length === 0 ? n.elements(1)?.[0] : undefined;
  if (known === 1) return x;
  if (known === 2) return w.unary("Square", x);
  if (known === 0.5) return w.unary("Sqrt", x);
  if (known === -1) return w.unary("Reciprocal", x);
  return w.binary("Pow", x, w.cast(exponent, "float32"));
}

export const arithmetic: Lowerings = {
  Add: (w, n) => w.add(n.x(0), n.x(1)),
  Sub: (w, n) => w.sub(n.x(0), n.x(1)),
  Mul: (w, n) => w.mul(n.x(0), n.x(1)),
  Div: divide,
  Mod: remainder,
  Pow: power,
  Max: folded((w, a, b) => w.binary("Maximum", a, b)),
  Min: folded((w, a, b) => w.binary("Minimum", a, b)),
  Neg: (w, n) => (n.isReal() ? w.unary("Neg", n.x()) : w.sub(w.scalar(0, "int32"), n.x())),
  Floor: rounding("Floor"),
  Ceil: rounding("Ceil"),
  Round: rounding("Round"),
  ...Object.fromEntries(
    (
      [
        ["Abs", "Sqrt", "Exp", "Log", "Reciprocal", "Sign", "Sin", "Cos", "Tan", "Asin", "Acos"],
        ["Atan", "Sinh", "Cosh", "Tanh", "Asinh", "Acosh", "Atanh"],
      ] as const
    )
      .flat()
      .map((op) => [op, unary(op)]),
  ),
};
