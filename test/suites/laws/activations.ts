import fc from "fast-check";
import { float, text } from "../../../src/onnx/attribute.js";
import type { Attributes } from "../../../src/onnx/ir.js";
import type { Row, Values, Variable } from "./case.js";
import { anyTensor, oneOf, shapes, variable } from "./geometry.js";

const real: Values = { from: -3, to: 3 };
const offZero: Values = { from: -3, to: 3, avoid: [0] };

/** An element-wise function of one input, on numbers that depend on its attributes. */
function elementwise(
  op: string,
  values: Values | ((p: number) => Values),
  attributes: (p: number) => Attributes = () => ({}),
): Row {
  const parameter = oneOf(0.125, 0.5, 1, 1.75);
  const cases = parameter.chain((p) =>
    anyTensor(typeof values === "function" ? values(p) : values).map((x) => ({
      attributes: attributes(p),
      inputs: [x],
    })),
  );
  return { op, cases };
}

const alpha = (p: number): Attributes => ({ alpha: float(p) });

/** A PRelu's slope is [C, 1, …], a scalar, or has the shape of x. */
const prelu: Row = {
  op: "PRelu",
  cases: fc
    .record({ dims: shapes({ least: 2, most: 4 }), form: oneOf("channel", "one", "whole") })
    .map(({ dims, form }) => {
      const slope =
        form === "one"
          ? [1]
          : form === "whole"
            ? dims
            : dims.slice(1).map((d, i) => (i === 0 ? d : 1));
      return { attributes: {}, inputs: [variable(dims, offZero, true), variable(slope)] };
    }),
};

/** Bounds that depend on the image exist: torch.clamp(x, low(x), high(x)). */
const clip: Row = {
  op: "Clip",
  cases: fc
    .record({
      x: anyTensor({ from: -3, to: 3, avoid: [-1, 2] }),
      low: fc.boolean(),
      high: fc.boolean(),
    })
    .map(({ x, low, high }) => {
      const bound = (value: number): Variable =>
        variable([], { from: value - 0.01, to: value + 0.01 });
      return {
        attributes: {},
        inputs: [x, low ? bound(-1) : undefined, high ? bound(2) : undefined],
      };
    }),
};

export const activations: readonly Row[] = [
  elementwise("Relu", offZero),
  elementwise("LeakyRelu", offZero, alpha),
  prelu,
  elementwise("Sigmoid", real),
  elementwise("Tanh", real),
  // y = αx + β meets 0 and 1 at −β/α and (1 − β)/α.
  elementwise(
    "HardSigmoid",
    (p) => ({ from: -6, to: 6, avoid: [-0.375 / p, 0.625 / p] }),
    (p) => ({ alpha: float(p), beta: float(0.375) }),
  ),
  // Its 1/6 is an attribute of float32 where an engine writes it as a HardSigmoid.
  { ...elementwise("HardSwish", { from: -5, to: 5, avoid: [-3, 3] }), rounds: true },
  elementwise("Swish", real, alpha),
  // ONNX Runtime computes it in float32, whatever the dtype.
  {
    ...elementwise(
      "Shrink",
      (p) => ({ from: -3, to: 3, avoid: [-p, p] }),
      (p) => ({ lambd: float(p), bias: float(0.25) }),
    ),
    rounds: true,
  },
  elementwise("Erf", real),
  elementwise("Gelu", real, (p) => (p > 0.9 ? { approximate: text("tanh") } : {})),
  elementwise("Softplus", real),
  elementwise("Softsign", offZero),
  elementwise("Mish", real),
  elementwise("Elu", offZero, alpha),
  elementwise("Selu", offZero, (p) => ({ alpha: float(p), gamma: float(1.125) })),
  elementwise("Celu", offZero, alpha),
  elementwise("ThresholdedRelu", (p) => ({ from: -3, to: 3, avoid: [p] }), alpha),
  clip,
  elementwise("Tan", { from: -1, to: 1 }),
  elementwise("Asin", { from: -0.8, to: 0.8 }),
  elementwise("Acos", { from: -0.8, to: 0.8 }),
  elementwise("Atan", real),
  elementwise("Sinh", real),
  elementwise("Cosh", real),
  elementwise("Asinh", real),
  elementwise("Acosh", { from: 1.5, to: 4 }),
  elementwise("Atanh", { from: -0.6, to: 0.6 }),
];
