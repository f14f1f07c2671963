import { float } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { noAttrs } from "../core/heads.js";
import type { OpSpec } from "../core/spec.js";
import { unary } from "./unary.js";

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/** eˣ + e⁻ˣ */
function twiceCosh(b: GraphBuilder, x: Value): Value {
  const e = b.op("Exp", [x]);
  return b.add(e, b.op("Reciprocal", [e]));
}

/**
 * σ(x) = 1/(1 + e⁻ˣ), accurate to the last digits for any x: engines' Sigmoid has an absolute error of 1e-7, even where
 * the value is smaller.
 */
function logistic(b: GraphBuilder, x: Value): Value {
  return b.op("Reciprocal", [b.addScalar(b.op("Exp", [b.neg(x)]), 1)]);
}

// y = σ(x); y' = σ(x)·σ(−x) = 1/(eˣ + e⁻ˣ + 2). y(1 − y) would lose all digits where y is near 1.
const sigmoid = unary({
  type: "Sigmoid",
  since: 6,
  role: "gate",
  probability: "sigmoid",
  attrs: noAttrs,
  inverseDerivative: (b, x) => b.addScalar(twiceCosh(b, x), 2),
});

// y' = 1/cosh²x. 1 − y² would lose all digits where |y| is near 1.
const tanh = unary({
  type: "Tanh",
  since: 6,
  role: "gate",
  attrs: noAttrs,
  inverseDerivative: (b, x) => {
    const cosh = b.mulScalar(twiceCosh(b, x), 0.5);
    return b.mul(cosh, cosh);
  },
});

// y = x·s, s = σ(αx); y' = s·(1 + αx·(1 − s))
const swish = unary({
  type: "Swish",
  since: 24,
  role: "activation",
  attrs: (a) => ({ alpha: a.float("alpha", 1) }),
  definition: (b, x, { alpha }) => b.mul(x, b.op("Sigmoid", [b.mulScalar(x, alpha)])),
  derivative: (b, x, _, { alpha }) => {
    const scaled = b.mulScalar(x, alpha);
    const s = logistic(b, scaled);
    return b.mul(s, b.addScalar(b.mul(scaled, b.sub(b.scalar(1, s), s)), 1));
  },
});

// y = erf(x); y' = 2/√π · exp(−x²)
const erf = unary({
  type: "Erf",
  since: 9,
  role: "activation",
  attrs: noAttrs,
  derivative: (b, x) => b.mulScalar(b.op("Exp", [b.neg(b.mul(x, x))]), twoOverRootPi),
});

/** k and c of GELU's tanh form. */
const [geluSlope, geluCubic] = [Math.sqrt(2 / Math.PI), 0.044715];

/** Φ(x) */
function normalDistribution(b: GraphBuilder, x: Value): Value {
  return b.mulScalar(b.addScalar(b.op("Erf", [b.mulScalar(x, Math.SQRT1_2)]), 1), 0.5);
}

// exact: y = x·Φ(x), y' = Φ(x) + x·φ(x)
// tanh:  y = x/2·(1 + tanh u) = x·σ(2u), u = k(x + cx³); y' = s + x·s(1 − s)·2k(1 + 3cx²) with s = σ(2u)
const gelu = unary({
  type: "Gelu",
  since: 20,
  role: "activation",
  attrs: (a) => ({ approximate: a.word("approximate", ["none", "tanh"], "none") }),
  definition: (b, x, { approximate }) => {
    if (approximate === "none") return b.mul(x, normalDistribution(b, x));
    const cubic = b.addScalar(b.mulScalar(b.mul(x, x), geluCubic), 1);
    const bent = b.op("Tanh", [b.mul(b.mulScalar(x, geluSlope), cubic)]);
    return b.mul(x, b.mulScalar(b.addScalar(bent, 1), 0.5));
  },
  derivative: (b, x, _, { approximate }) => {
    const square = b.mul(x, x);
    if (approximate === "none") {
      const density = b.mulScalar(
        b.op("Exp", [b.mulScalar(square, -0.5)]),
        1 / Math.sqrt(2 * Math.PI),
      );
      return b.add(normalDistribution(b, x), b.mul(x, density));
    }
    const [k, c] = [geluSlope, geluCubic];
    const s = logistic(b, b.mul(b.mulScalar(x, 2 * k), b.addScalar(b.mulScalar(square, c), 1)));
    const slope = b.mul(b.mulScalar(x, 2 * k), b.addScalar(b.mulScalar(square, 3 * c), 1));
    return b.mul(s, b.addScalar(b.mul(slope, b.sub(b.scalar(1, s), s)), 1));
  },
});

// y = log(1 + eˣ); y' = σ(x)
const softplus = unary({
  type: "Softplus",
  since: 1,
  role: "activation",
  attrs: noAttrs,
  derivative: (b, x) => logistic(b, x),
});

// y = x / (1 + |x|); y' = 1 / (1 + |x|)²
const softsign = unary({
  type: "Softsign",
  since: 1,
  role: "activation",
  attrs: noAttrs,
  definition: (b, x) => b.div(x, b.addScalar(b.op("Abs", [x]), 1)),
  derivative: (b, x) => {
    const root = b.addScalar(b.op("Abs", [x]), 1);
    return b.op("Reciprocal", [b.mul(root, root)]);
  },
});

// y = x·tanh(softplus(x)) = x·t; y' = t + x·σ(x)·(1 − t²)
const mish = unary({
  type: "Mish",
  since: 18,
  role: "activation",
  attrs: noAttrs,
  definition: (b, x) => b.mul(x, b.op("Tanh", [b.op("Softplus", [x])])),
  derivative: (b, x) => {
    const t = b.op("Tanh", [b.op("Softplus", [x])]);
    const slope = b.mul(logistic(b, x), b.sub(b.scalar(1, x), b.mul(t, t)));
    return b.add(t, b.mul(x, slope));
  },
});

/** e^(min(x, 0)/α), the slope below 0 of an exponential branch: computing it as y plus its limit would lose digits. */
function expBelow(b: GraphBuilder, x: Value, alpha = 1): Value {
  return b.op("Exp", [b.mulScalar(b.op("Min", [x, b.scalar(0, x)]), 1 / alpha)]);
}

/** `positive` where x > 0, α·eˣ else */
function positiveElse(b: GraphBuilder, x: Value, positive: number, alpha: number): Value {
  const below = b.mulScalar(expBelow(b, x), alpha);
  return positive === alpha
    ? below
    : b.add(below, b.mulScalar(b.mask(b.greater(x, 0), x), positive - alpha));
}

// y = x for x > 0, α(eˣ − 1) else; y' = 1, αeˣ
const elu = unary({
  type: "Elu",
  since: 6,
  role: "activation",
  attrs: (a) => ({ alpha: a.float("alpha", 1) }),
  derivative: (b, x, _, { alpha }) => positiveElse(b, x, 1, alpha),
});

// y = γx for x > 0, γα(eˣ − 1) else; y' = γ, γαeˣ
const selu = unary({
  type: "Selu",
  since: 6,
  role: "activation",
  attrs: (a) => ({
    alpha: a.float("alpha", 1.6732632423543772),
    gamma: a.float("gamma", 1.0507009873554805),
  }),
  definition: (b, x, { alpha, gamma }) =>
    b.mulScalar(b.op("Elu", [x], { alpha: float(alpha) }), gamma),
  derivative: (b, x, _, { alpha, gamma }) => positiveElse(b, x, gamma, alpha * gamma),
});

// y = max(0, x) + min(0, α(e^{x/α} − 1)); y' = 1 for x > 0, e^{x/α} else
const celu = unary({
  type: "Celu",
  since: 12,
  role: "activation",
  attrs: (a) => ({ alpha: a.float("alpha", 1) }),
  derivative: (b, x, _, { alpha }) => expBelow(b, x, alpha),
});

export const smoothActivations: readonly OpSpec[] = [
  sigmoid,
  tanh,
  swish,
  erf,
  gelu,
  softplus,
  softsign,
  mish,
  elu,
  selu,
  celu,
];
