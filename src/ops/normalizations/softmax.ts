import { axesAlong } from "../core/axis-mapping.js";
import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { finite } from "../core/finite.js";
import { positionsAlong } from "../core/along-axis.js";
import type { AttributeReader } from "../core/attributes.js";
import { flowsNowhere } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { normalizeAxis } from "../../tensor/shape.js";

interface SoftmaxAttrs {
  readonly axis: number;
}

/** Record fields shared by the three operators, which work along one axis. */
const alongOneAxis = {
  since: 13,
  arity: [1, 1],
  axes: (n: NodeView<SoftmaxAttrs>) => axesAlong([axisOf(n)]),
  attrs: (a: AttributeReader) => ({ axis: a.int("axis", -1) }),
  infer: (n: NodeView) => [n.like(n.shape())],
} as const;

const axisOf = (n: NodeView<SoftmaxAttrs>): number => normalizeAxis(n.attrs.axis, n.rank());

/** The position of the maximum along an axis, which is kept. */
function top(b: GraphBuilder, y: Value, axis: number): Value {
  return b.op("ArgMax", [y], { axis: int(axis), keepdims: int(1) }, "top");
}

// y = eˣ/Σeˣ; dx = y(d − Σ d·y) with d = dy − c for any constant c. c = Σ dy·y, which is near dy at the maximum if the
// softmax is saturated, avoids cancellation. J·x = y(x − Σ x·y), bias = y − J·x
const softmax: OpSpec<SoftmaxAttrs> = {
  ...alongOneAxis,
  type: "Softmax",
  role: "gate",
  probability: "softmax",
  reads: { scores: [0] },
  vjp: (b, n, [dy]) => [
    () => {
      const axis = axisOf(n);
      const y = n.y();
      const lessMean = (v: Value): Value => b.sub(v, b.sum(b.mul(v, y), [axis]));
      return b.mul(y, lessMean(lessMean(dy!)), "dx");
    },
  ],
  bias: (n) => ({
    kind: "implicit",
    emit: (b) => {
      const axis = axisOf(n);
      const [x, y] = [finite(b, n.x()), n.y()];
      return b.sub(y, b.mul(y, b.sub(x, b.sum(b.mul(x, y), [axis]))), "bias");
    },
  }),
};

// y = x − log Σeˣ; dx = dy − eʸ·Σdy, whose sum is 0. At the maximum, where eʸ may be nearly 1, it is computed as minus
// the sum of the others to avoid cancellation. J·x = x − Σ eʸ·x, bias = y − x + Σ eʸ·x
const logSoftmax: OpSpec<SoftmaxAttrs> = {
  ...alongOneAxis,
  type: "LogSoftmax",
  role: "function",
  probability: "log-softmax",
  reads: { scores: [0] },
  definition: (b, n) => {
    const axes = [axisOf(n)];
    const shifted = b.sub(n.x(), b.max(n.x(), axes));
    return [b.sub(shifted, b.op("Log", [b.sum(b.op("Exp", [shifted]), axes)]))];
  },
  vjp: (b, n, [dy]) => [
    () => {
      const axis = axisOf(n);
      const total = b.sum(dy!, [axis]);
      const dx = b.sub(dy!, b.mul(b.op("Exp", [n.y()]), total));
      const first = top(b, n.y(), axis);
      const put = (into: Value, there: Value, hint?: string): Value =>
        b.op("ScatterElements", [into, first, there], { axis: int(axis) }, hint);
      const others = put(dx, b.zerosLike(total));
      return put(others, b.neg(b.sum(others, [axis])), "dx");
    },
  ],
  bias: (n) => ({
    kind: "implicit",
    emit: (b) => {
      const axis = axisOf(n);
      const mean = b.sum(b.mul(b.op("Exp", [n.y()]), n.x()), [axis]);
      return b.add(b.sub(n.y(), n.x()), mean, "bias");
    },
  }),
};

// 1 at the first maximum along an axis, 0 elsewhere: a step
const hardmax: OpSpec<SoftmaxAttrs> = {
  ...alongOneAxis,
  type: "Hardmax",
  role: "step",
  definition: (b, n) => {
    const axis = axisOf(n);
    const isTop = b.op("Equal", [top(b, n.x(), axis), positionsAlong(b, n.x(), axis)]);
    return [b.mask(isTop, n.x())];
  },
  ...flowsNowhere,
};

export const softmaxes: readonly OpSpec[] = [softmax, logSoftmax, hardmax];
