import { sameAxes } from "../core/axis-mapping.js";
import { int } from "../../onnx/attribute.js";
import type { Value } from "../../onnx/ir.js";
import { finite } from "../core/finite.js";
import type { OpSpec } from "../core/spec.js";
import { normalizeAxis } from "../../tensor/shape.js";

interface SoftmaxAttrs {
  readonly axis: number;
}

const attrs: OpSpec<SoftmaxAttrs>["attrs"] = (a) => ({ axis: a.int("axis", -1) });

// y = eˣ/Σeˣ; dx = y(d − Σ d·y) with d = dy − c: any constant may be taken off, and with c = Σ dy·y, which is dy at the
// maximum where y there is nearly 1, a saturated softmax keeps its digits. J·x = y(x − Σ x·y), bias = y − J·x
const softmax: OpSpec<SoftmaxAttrs> = {
  type: "Softmax",
  since: 13,
  arity: [1, 1],
  role: "gate",
  axes: sameAxes,
  probability: "softmax",
  reads: { scores: [0] },
  attrs,
  infer: (n) => [n.like(n.shape())],
  vjp: (b, n, [dy]) => [
    () => {
      const axis = normalizeAxis(n.attrs.axis, n.rank());
      const y = n.y();
      const lessMean = (v: Value): Value => b.sub(v, b.sum(b.mul(v, y), [axis]));
      return b.mul(y, lessMean(lessMean(dy!)), "dx");
    },
  ],
  bias: (n) => ({
    kind: "implicit",
    emit: (b) => {
      const axis = normalizeAxis(n.attrs.axis, n.rank());
      const [x, y] = [finite(b, n.x()), n.y()];
      return b.sub(y, b.mul(y, b.sub(x, b.sum(b.mul(x, y), [axis]))), "bias");
    },
  }),
};

// y = x − log Σeˣ; dx = dy − eʸ·Σdy, whose sum is 0: at the maximum, where eʸ may be nearly 1, it is less the sum of the
// others, which keeps its digits. J·x = x − Σ eʸ·x, bias = y − x + Σ eʸ·x
const logSoftmax: OpSpec<SoftmaxAttrs> = {
  type: "LogSoftmax",
  since: 13,
  arity: [1, 1],
  role: "function",
  axes: sameAxes,
  probability: "log-softmax",
  reads: { scores: [0] },
  attrs,
  infer: (n) => [n.like(n.shape())],
  vjp: (b, n, [dy]) => [
    () => {
      const axis = normalizeAxis(n.attrs.axis, n.rank());
      const total = b.sum(dy!, [axis]);
      const dx = b.sub(dy!, b.mul(b.op("Exp", [n.y()]), total));
      const first = b.op("ArgMax", [n.y()], { axis: int(axis), keepdims: int(1) }, "top");
      const put = (into: Value, there: Value, hint?: string): Value =>
        b.op("ScatterElements", [into, first, there], { axis: int(axis) }, hint);
      const others = put(dx, b.zerosLike(total));
      return put(others, b.neg(b.sum(others, [axis])), "dx");
    },
  ],
  bias: (n) => ({
    kind: "implicit",
    emit: (b) => {
      const axis = normalizeAxis(n.attrs.axis, n.rank());
      const mean = b.sum(b.mul(b.op("Exp", [n.y()]), n.x()), [axis]);
      return b.add(b.sub(n.y(), n.x()), mean, "bias");
    },
  }),
};

// 1 at the first maximum along an axis, 0 elsewhere: a step
const hardmax: OpSpec<SoftmaxAttrs> = {
  type: "Hardmax",
  since: 13,
  arity: [1, 1],
  role: "step",
  axes: sameAxes,
  attrs,
  infer: (n) => [n.like(n.shape())],
  vjp: "zero",
  bias: () => "none",
};

export const softmaxes: readonly OpSpec[] = [softmax, logSoftmax, hardmax];
