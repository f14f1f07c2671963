import { sameAxes } from "../core/axis-mapping.js";
import { float } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { NodeView } from "../core/node-view.js";
import type { BiasRule, Factored, OpSpec } from "../core/spec.js";
import { noAttrs, unary } from "./unary.js";

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

// y = max(x, 0). Relu'(0) = 0 as in PyTorch. The mask is read from y, so that an engine may still fuse the Relu
// into the convolution before it.
const relu = unary({
  type: "Relu",
  since: 6,
  role: "activation",
  attrs: noAttrs,
  homogeneous: true,
  derivative: (b, x, y) => b.mask(b.greater(y, 0), x),
});

// y = x for x > 0, αx else
const leakyRelu = unary({
  type: "LeakyRelu",
  since: 6,
  role: "activation",
  attrs: (a) => ({ alpha: a.float("alpha", 0.01) }),
  homogeneous: true,
  derivative: (b, x, _, { alpha }) =>
    b.addScalar(b.mulScalar(b.mask(b.greater(x, 0), x), 1 - alpha), alpha),
});

// y = x for x > 0, slope·x else; the slope is broadcast to x. dslope = x·dy where x <= 0
const prelu: OpSpec<Record<string, never>> = {
  type: "PRelu",
  since: 7,
  arity: [2, 2],
  role: "activation",
  axes: sameAxes,
  parameters: [undefined, "slope"],
  attrs: noAttrs,
  pointwise: true,
  infer: (n) => [n.like(n.shape())],
  vjp: (b, n, [dy]) => {
    const x = n.x();
    const positive = b.greater(x, 0);
    return [
      () => {
        const negative = b.maskBy(n.x(1), b.op("Not", [positive]));
        return b.mul(dy!, b.add(b.mask(positive, x), negative), "dx");
      },
      () => b.maskBy(b.mul(dy!, x), b.op("Not", [positive]), "dslope"),
    ];
  },
  // A slope that depends on the image makes a product of two active values, which for x <= 0 counts J·x twice; where
  // it alone does, x > 0 is a constant.
  bias: (n) => {
    if (!n.isActive(1)) return "none";
    return {
      kind: "implicit",
      emit: (b) => {
        const [positive, zero] = [b.greater(n.x(), 0), b.scalar(0, n.x())];
        return n.isActive(0)
          ? b.where(positive, zero, b.neg(n.y()), "bias")
          : b.where(positive, n.y(), zero, "bias");
      },
    };
  },
};

/** eˣ + e⁻ˣ */
function twiceCosh(b: GraphBuilder, x: Value): Value {
  const e = b.op("Exp", [x]);
  return b.add(e, b.op("Reciprocal", [e]));
}

/** σ(x) = 1/(1 + e⁻ˣ), to the last digits for any x: an engine's Sigmoid is wrong by 1e-7, whatever is left of it. */
function logistic(b: GraphBuilder, x: Value): Value {
  return b.op("Reciprocal", [b.addScalar(b.op("Exp", [b.neg(x)]), 1)]);
}

// y = σ(x); y' = σ(x)·σ(−x) = 1/(eˣ + e⁻ˣ + 2). y(1 − y) would lose all digits where y is nearly 1.
const sigmoid = unary({
  type: "Sigmoid",
  since: 6,
  role: "gate",
  probability: "sigmoid",
  attrs: noAttrs,
  inverseDerivative: (b, x) => b.addScalar(twiceCosh(b, x), 2),
});

// y' = 1/cosh²x. 1 − y² would lose all digits where |y| is nearly 1.
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

// y = min(max(αx + β, 0), 1); y' = α inside, 0 at and beyond the bounds
const hardSigmoid = unary({
  type: "HardSigmoid",
  since: 6,
  role: "gate",
  attrs: (a) => ({ alpha: a.float("alpha", 0.2) }),
  derivative: (b, x, y, { alpha }) =>
    b.mulScalar(b.mask(b.op("And", [b.greater(y, 0), b.less(y, 1)]), x), alpha),
});

// y = x·h, h = min(max(x/6 + 1/2, 0), 1); y' = h + x·h', h' = 1/6 for |x| < 3, 0 else; bias = −x·(x·h')
const hardSwish: OpSpec<Record<string, never>> = {
  ...unary({
    type: "HardSwish",
    since: 14,
    role: "activation",
    attrs: noAttrs,
    derivative: (b, x) => {
      const h = b.op("HardSigmoid", [x], { alpha: float(1 / 6), beta: float(0.5) });
      return b.add(h, bend(b, x));
    },
  }),
  bias: (n) => implicit({ factor: -1, emit: (b) => b.mul(n.x(), bend(b, n.x())) }),
};

/** x/6 for |x| < 3, else 0 */
function bend(b: GraphBuilder, x: Value): Value {
  return b.maskBy(b.mulScalar(x, 1 / 6), b.less(b.op("Abs", [x]), 3));
}

/** The bias of a non-linearity, as a number times a tensor. */
function implicit(factored: Factored): BiasRule {
  const { factor } = factored;
  return { kind: "implicit", factored, emit: (b) => b.mulScalar(factored.emit(b), factor, "bias") };
}

// y = x·s, s = σ(αx); y' = s·(1 + αx·(1 − s))
const swish = unary({
  type: "Swish",
  since: 24,
  role: "activation",
  attrs: (a) => ({ alpha: a.float("alpha", 1) }),
  derivative: (b, x, _, { alpha }) => {
    const scaled = b.mulScalar(x, alpha);
    const s = logistic(b, scaled);
    return b.mul(s, b.addScalar(b.mul(scaled, b.sub(b.scalar(1, s), s)), 1));
  },
});

// y = x + bias for x < −λ, x − bias for x > λ, 0 between; y' = 1 where y was not cut to 0
const shrink = unary({
  type: "Shrink",
  since: 9,
  role: "activation",
  attrs: (a) => ({ lambda: a.float("lambd", 0.5), bias: a.float("bias", 0) }),
  derivative: (b, x, _, { lambda }) => b.mask(b.greater(b.op("Abs", [x]), lambda), x),
});

// y = erf(x); y' = 2/√π · exp(−x²)
const erf = unary({
  type: "Erf",
  since: 9,
  role: "activation",
  attrs: noAttrs,
  derivative: (b, x) => b.mulScalar(b.op("Exp", [b.neg(b.mul(x, x))]), twoOverRootPi),
});

// exact: y = x·Φ(x), y' = Φ(x) + x·φ(x)
// tanh:  y = x/2·(1 + tanh u) = x·σ(2u), u = k(x + cx³); y' = s + x·s(1 − s)·2k(1 + 3cx²) with s = σ(2u), k = √(2/π),
//        c = 0.044715
const gelu = unary({
  type: "Gelu",
  since: 20,
  role: "activation",
  attrs: (a) => ({ approximate: a.word("approximate", ["none", "tanh"], "none") }),
  derivative: (b, x, _, { approximate }) => {
    const square = b.mul(x, x);
    if (approximate === "none") {
      const density = b.mulScalar(
        b.op("Exp", [b.mulScalar(square, -0.5)]),
        1 / Math.sqrt(2 * Math.PI),
      );
      const cumulative = b.mulScalar(
        b.addScalar(b.op("Erf", [b.mulScalar(x, Math.SQRT1_2)]), 1),
        0.5,
      );
      return b.add(cumulative, b.mul(x, density));
    }
    const k = Math.sqrt(2 / Math.PI);
    const c = 0.044715;
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
  derivative: (b, x) => {
    const t = b.op("Tanh", [b.op("Softplus", [x])]);
    const slope = b.mul(logistic(b, x), b.sub(b.scalar(1, x), b.mul(t, t)));
    return b.add(t, b.mul(x, slope));
  },
});

/** e^(min(x, 0)/α), the slope below 0 of an exponential branch: the sum of y and its limit would lose its digits. */
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

// y = x for x > α, else 0
const thresholdedRelu = unary({
  type: "ThresholdedRelu",
  since: 10,
  role: "activation",
  attrs: (a) => ({ alpha: a.float("alpha", 1) }),
  derivative: (b, x, _, { alpha }) => b.mask(b.greater(x, alpha), x),
});

// y = min(max(x, low), high); y' = 1 inside, 0 at the bounds and beyond, as relu6, hardtanh and (PyTorch 2.15) clamp.
// The bounds are inputs. The masks are read from y, so that an engine may still fuse the Clip into a convolution.
const clip: OpSpec<Record<string, never>> = {
  type: "Clip",
  since: 11,
  arity: [1, 3],
  role: "activation",
  axes: sameAxes,
  attrs: noAttrs,
  pointwise: true,
  infer: (n) => {
    const low = n.optional(1) ? n.elements(1)?.[0] : -Infinity;
    const high = n.optional(2) ? n.elements(2)?.[0] : Infinity;
    const bounds = typeof low === "number" && typeof high === "number";
    const known = bounds && n.elements(0)?.every((e) => typeof e === "number");
    if (!known) return [n.like(n.shape())];
    const elements = n.elements(0)!.map((e) => Math.min(Math.max(Number(e), low), high));
    return [{ ...n.like(n.shape()), elements }];
  },
  vjp: (b, n, [dy]) => {
    const top = fromZeroTo(n);
    if (top !== undefined) {
      const inside = b.op("Xor", [saturatedBy(b, n, 2), b.greater(n.y(), 0)]);
      return [() => b.maskBy(dy!, inside, "dx"), "constant", "constant"];
    }
    const [atLow, atHigh] = [1, 2].map((i) => n.optional(i) && saturatedBy(b, n, i));
    const outside = atLow && atHigh ? b.op("Or", [atLow, atHigh]) : (atLow ?? atHigh);
    return [
      () => (outside ? b.maskBy(dy!, b.op("Not", [outside]), "dx") : dy!),
      atLow ? () => b.maskBy(dy!, atLow, "dlow") : "constant",
      atHigh ? () => b.maskBy(dy!, atHigh, "dhigh") : "constant",
    ];
  },
  // Saturated elements are constants: y there, 0 elsewhere. So are the others, where only a bound is active.
  bias: (n) => {
    const top = fromZeroTo(n);
    if (top !== undefined) {
      return implicit({ factor: top, emit: (b) => b.mask(saturatedBy(b, n, 2), n.y()) });
    }
    return { kind: "implicit", emit: (b) => clipBias(b, n) };
  },
};

/** The upper bound of a Clip from 0 to a positive number, of which x alone depends on the image: ReLU6. */
function fromZeroTo(n: NodeView): number | undefined {
  const [low, high] = [1, 2].map((i) => (n.isActive(i) ? undefined : n.elements(i)?.[0]));
  const fits = low === 0 && typeof high === "number" && high > 0 && n.isActive(0);
  return fits && Number.isFinite(high) ? high : undefined;
}

function clipBias(b: GraphBuilder, n: NodeView): Value {
  const at = (bounds: readonly number[]): Value | undefined =>
    bounds
      .map((i) => saturatedBy(b, n, i))
      .reduce<Value | undefined>((p, q) => (p ? b.op("Or", [p, q]) : q), undefined);
  const bounds = [1, 2].filter((i) => n.optional(i));
  const moving = at(bounds.filter((i) => n.isActive(i)));
  if (!n.isActive(0)) return moving ? b.maskBy(n.y(), b.op("Not", [moving]), "bias") : n.y();
  // What is cut off at 0 is 0 and adds nothing.
  const still = at(bounds.filter((i) => !n.isActive(i) && n.elements(i)?.[0] !== 0));
  return still ? b.maskBy(n.y(), still, "bias") : b.scalar(0, n.x());
}

/** Whether a Clip stands at one of its bounds. */
function saturatedBy(b: GraphBuilder, n: NodeView, bound: number): Value {
  return b.op("Equal", [n.y(), n.x(bound)]);
}

export const activations: readonly OpSpec[] = [
  relu,
  leakyRelu,
  prelu,
  sigmoid,
  tanh,
  hardSigmoid,
  hardSwish,
  swish,
  shrink,
  erf,
  gelu,
  softplus,
  softsign,
  mish,
  elu,
  selu,
  celu,
  thresholdedRelu,
  clip,
];
