import { finite } from "./finite.js";
import type { OpSpec } from "./spec.js";
import { normalizeAxis } from "../tensor/shape.js";

interface SoftmaxAttrs {
  readonly axis: number;
}

const attrs: OpSpec<SoftmaxAttrs>["attrs"] = (a) => ({ axis: a.int("axis", -1) });

// y = eˣ/Σeˣ; dx = y(dy − Σ dy·y); J·x = y(x − Σ x·y), bias = y − J·x
const softmax: OpSpec<SoftmaxAttrs> = {
  type: "Softmax",
  since: 13,
  attrs,
  infer: (n) => [n.like(n.shape())],
  vjp: (b, n, [dy]) => [
    () => {
      const axis = normalizeAxis(n.attrs.axis, n.rank());
      const y = n.y();
      return b.mul(y, b.sub(dy!, b.sum(b.mul(dy!, y), [axis])), "dx");
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

// y = x − log Σeˣ; dx = dy − eʸ·Σdy; J·x = x − Σ eʸ·x, bias = y − x + Σ eʸ·x
const logSoftmax: OpSpec<SoftmaxAttrs> = {
  type: "LogSoftmax",
  since: 13,
  attrs,
  infer: (n) => [n.like(n.shape())],
  vjp: (b, n, [dy]) => [
    () => {
      const axis = normalizeAxis(n.attrs.axis, n.rank());
      return b.sub(dy!, b.mul(b.op("Exp", [n.y()]), b.sum(dy!, [axis])), "dx");
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
  attrs,
  infer: (n) => [n.like(n.shape())],
  vjp: "zero",
  bias: () => "none",
};

export const softmaxes: readonly OpSpec[] = [softmax, logSoftmax, hardmax];
