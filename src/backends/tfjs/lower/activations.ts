import type { Lowerings } from "./lowering.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** min(x, 0). On wasm, Minimum takes thirty times as long as Relu. */
const negativePart = (w: TfOpBuilder, x: Operand): Operand =>
  w.unary("Neg", w.unary("Relu", w.unary("Neg", x)));

/** γ·(max(x, 0) + α·(e^{min(x,0)/s} − 1)) */
function exponentialUnit(
  w: TfOpBuilder,
  x: Operand,
  alpha: number,
  gamma: number,
  s: number,
): Operand {
  const curve = w.unary("Expm1", w.scale(negativePart(w, x), 1 / s));
  return w.scale(w.add(w.unary("Relu", x), w.scale(curve, alpha)), gamma);
}

/** Φ(x), the standard normal distribution function, or its tanh approximation. */
function normalDistribution(w: TfOpBuilder, x: Operand, approximate: boolean): Operand {
  if (!approximate) return w.scale(w.shift(w.unary("Erf", w.scale(x, Math.SQRT1_2)), 1), 0.5);
  const slope = w.shift(w.scale(w.unary("Square", x), 0.044715), 1);
  const inner = w.mul(w.scale(x, Math.sqrt(2 / Math.PI)), slope);
  return w.scale(w.shift(w.unary("Tanh", inner), 1), 0.5);
}

export const activations: Lowerings = {
  Relu: (w, n) =>
    n.isReal() ? w.unary("Relu", n.x()) : w.binary("Maximum", n.x(), w.scalar(0, "int32")),
  LeakyRelu: (w, n) => w.map("LeakyRelu", n.x(), { alpha: n.attributes.float("alpha", 0.01) }),
  PRelu: (w, n) => w.add(w.unary("Relu", n.x()), w.mul(n.x(1), negativePart(w, n.x()))),
  Sigmoid: (w, n) => w.unary("Sigmoid", n.x()),
  HardSigmoid: (w, n) => {
    const scaled = w.scale(n.x(), n.attributes.float("alpha", 0.2));
    return w.clip(w.shift(scaled, n.attributes.float("beta", 0.5)), 0, 1);
  },
  HardSwish: (w, n) => w.mul(n.x(), w.clip(w.shift(w.scale(n.x(), 1 / 6), 0.5), 0, 1)),
  Swish: (w, n) => w.mul(n.x(), w.unary("Sigmoid", w.scale(n.x(), n.attributes.float("alpha", 1)))),
  Shrink: (w, n) => {
    const [lambda, bias] = [n.attributes.float("lambd", 0.5), n.attributes.float("bias", 0)];
    const above = w.select(w.above(n.x(), lambda), w.shift(n.x(), -bias), w.scalar(0));
    return w.select(w.below(n.x(), -lambda), w.shift(n.x(), bias), above);
  },
  Erf: (w, n) => w.unary("Erf", n.x()),
  Gelu: (w, n) => {
    const approximate = n.attributes.text("approximate", "none") === "tanh";
    return w.mul(n.x(), normalDistribution(w, n.x(), approximate));
  },
  Softplus: (w, n) => w.unary("Softplus", n.x()),
  Softsign: (w, n) => w.div(n.x(), w.shift(w.unary("Abs", n.x()), 1)),
  Mish: (w, n) => w.mul(n.x(), w.unary("Tanh", w.unary("Softplus", n.x()))),
  Elu: (w, n) => exponentialUnit(w, n.x(), n.attributes.float("alpha", 1), 1, 1),
  Selu: (w, n) =>
    exponentialUnit(
      w,
      n.x(),
      n.attributes.float("alpha", 1.6732632423543772),
      n.attributes.float("gamma", 1.0507009873554805),
      1,
    ),
  Celu: (w, n) => {
    const alpha = n.attributes.float("alpha", 1);
    return exponentialUnit(w, n.x(), alpha, 1, alpha);
  },
  ThresholdedRelu: (w, n) =>
    w.select(w.above(n.x(), n.attributes.float("alpha", 1)), n.x(), w.scalar(0)),
  Clip: (w, n) => {
    const [low, high] = [1, 2].map((i) => n.elements(i)?.[0]);
    const known = (!n.optional(1) || low !== undefined) && (!n.optional(2) || high !== undefined);
    // If low exceeds high, the standard's order of operations gives high.
    if (known && n.isReal() && (low ?? -Infinity) <= (high ?? Infinity)) {
      return w.clip(n.x(), low ?? -Infinity, high ?? Infinity);
    }
    const above = n.optional(1) ? w.binary("Maximum", n.x(), n.x(1)) : n.x();
    return n.optional(2) ? w.binary("Minimum", above, n.x(2)) : above;
  },
};
