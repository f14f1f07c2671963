import { float } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { elementwise, noAttrs, type NoAttrs } from "../core/heads.js";
import type { OpSpec } from "../core/spec.js";
import { factoredBias, unary } from "./unary.js";

// y = max(x, 0). Relu'(0) = 0 as in PyTorch. The mask is computed from y, so that an engine may still fuse the Relu
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
const prelu: OpSpec<NoAttrs> = {
  type: "PRelu",
  since: 7,
  arity: [2, 2],
  role: "activation",
  ...elementwise,
  parameters: [undefined, "slope"],
  infer: (n) => [n.like(n.shape())],
  definition: (b, n) => {
    const negative = b.neg(b.op("Relu", [b.neg(n.x())]));
    return [b.add(b.op("Relu", [n.x()]), b.mul(n.x(1), negative))];
  },
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
  // An active slope makes a product of two active values, which counts J·x twice where x <= 0; if only the slope is
  // active, elements with x > 0 are constants.
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

// y = min(max(αx + β, 0), 1); y' = α inside, 0 at and beyond the bounds
const hardSigmoid = unary({
  type: "HardSigmoid",
  since: 6,
  role: "gate",
  attrs: (a) => ({ alpha: a.float("alpha", 0.2), beta: a.float("beta", 0.5) }),
  definition: (b, x, { alpha, beta }) => {
    const line = b.addScalar(b.mulScalar(x, alpha), beta);
    return b.op("Clip", [line, b.scalar(0, x), b.scalar(1, x)]);
  },
  derivative: (b, x, y, { alpha }) =>
    b.mulScalar(b.mask(b.op("And", [b.greater(y, 0), b.less(y, 1)]), x), alpha),
});

// y = x·h, h = min(max(x/6 + 1/2, 0), 1); y' = h + x·h', h' = 1/6 for |x| < 3, 0 else; bias = −x·(x·h')
const hardSwish: OpSpec<NoAttrs> = {
  ...unary({
    type: "HardSwish",
    since: 14,
    role: "activation",
    attrs: noAttrs,
    definition: (b, x) => b.mul(x, gate(b, x)),
    derivative: (b, x) => b.add(gate(b, x), bend(b, x)),
  }),
  bias: (n) => factoredBias({ factor: -1, emit: (b) => b.mul(n.x(), bend(b, n.x())) }),
};

/** h */
function gate(b: GraphBuilder, x: Value): Value {
  return b.op("HardSigmoid", [x], { alpha: float(1 / 6), beta: float(0.5) });
}

/** x/6 for |x| < 3, else 0 */
function bend(b: GraphBuilder, x: Value): Value {
  return b.maskBy(b.mulScalar(x, 1 / 6), b.less(b.op("Abs", [x]), 3));
}

// y = x + bias for x < −λ, x − bias for x > λ, 0 between; y' = 1 where y was not cut to 0
const shrink = unary({
  type: "Shrink",
  since: 9,
  role: "activation",
  attrs: (a) => ({ lambda: a.float("lambd", 0.5), bias: a.float("bias", 0) }),
  definition: (b, x, { lambda, bias }) => {
    const above = b.where(b.greater(x, lambda), b.addScalar(x, -bias), b.scalar(0, x));
    return b.where(b.less(x, -lambda), b.addScalar(x, bias), above);
  },
  derivative: (b, x, _, { lambda }) => b.mask(b.greater(b.op("Abs", [x]), lambda), x),
});

// y = x for x > α, else 0
const thresholdedRelu = unary({
  type: "ThresholdedRelu",
  since: 10,
  role: "activation",
  attrs: (a) => ({ alpha: a.float("alpha", 1) }),
  definition: (b, x, { alpha }) => b.where(b.greater(x, alpha), x, b.scalar(0, x)),
  derivative: (b, x, _, { alpha }) => b.mask(b.greater(x, alpha), x),
});

export const rectifiers: readonly OpSpec[] = [
  relu,
  leakyRelu,
  prelu,
  hardSigmoid,
  hardSwish,
  shrink,
  thresholdedRelu,
];
