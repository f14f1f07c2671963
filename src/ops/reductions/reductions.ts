import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { normalizeAxis, staticShape, type Dim } from "../../tensor/shape.js";
import { withElements } from "../core/elements.js";
import type { NodeView } from "../core/node-view.js";
import type { Role } from "../core/role.js";
import type { OpSpec } from "../core/spec.js";

export interface ReduceAttrs {
  readonly keepdims: boolean;
  readonly noopWithEmptyAxes: boolean;
}

interface Reduction {
  readonly type: string;
  readonly since: number;
  readonly role: Role;
  /** dx of a reduction; y and dy have kept their reduced axes as extents of 1. */
  gradient(
    b: GraphBuilder,
    n: NodeView<ReduceAttrs>,
    dy: Value,
    y: Value,
    axes: readonly number[],
  ): Value;
  /** The reduction in simpler ones; `over` emits one over the same axes, with keepdims. */
  readonly definition?: (
    b: GraphBuilder,
    x: Value,
    over: (type: string, v: Value) => Value,
  ) => Value;
  /** y − J·x, where it is not zero. */
  readonly bias?: (
    b: GraphBuilder,
    n: NodeView<ReduceAttrs>,
    y: Value,
    axes: readonly number[],
  ) => Value;
  /** The operator that finds the position of the extreme, if the output is an extreme. */
  readonly at?: "ArgMax" | "ArgMin";
  /** Shape arithmetic: folds all elements to one. */
  readonly fold?: (elements: readonly number[]) => number;
}

/** The axes that a node reduces, in order; empty for a no-op. */
export function axesOf(n: NodeView<ReduceAttrs>): number[] {
  const given = n.optionalNumbers(1);
  if (!given || given.length === 0) {
    return n.attrs.noopWithEmptyAxes ? [] : n.shape().map((_, i) => i);
  }
  return given.map((a) => normalizeAxis(a, n.rank())).sort((p, q) => p - q);
}

/** The elements where the extremes along one axis are. */
function pickExtreme(op: "ArgMax" | "ArgMin"): NonNullable<OpSpec<ReduceAttrs>["pick"]> {
  return (b, n, elements) => {
    const [axis, ...more] = axesOf(n);
    if (axis === undefined) return elements;
    if (more.length > 0)
      throw n.refusal("its extreme over several axes is no element of one of them");
    const along = { axis: int(axis) };
    const positions = b.op(op, [n.x()], { ...along, keepdims: int(1) }, "positions");
    const picked = b.op("GatherElements", [elements, positions], along, "picked");
    return b.reshape(picked, n.y().fact.shape);
  };
}

function reduction(f: Reduction): OpSpec<ReduceAttrs> {
  const kept = (n: NodeView<ReduceAttrs>, axes: readonly number[]): Dim[] =>
    n.shape().map((d, i) => (axes.includes(i) ? 1 : d));
  return {
    type: f.type,
    since: f.since,
    arity: [1, 2],
    role: f.role,
    axes: (n) => ({ kind: "reduced", axes: axesOf(n) }),
    attrs: (a) => ({
      keepdims: a.flag("keepdims", true),
      noopWithEmptyAxes: a.flag("noop_with_empty_axes"),
    }),
    infer: (n) => {
      const axes = axesOf(n);
      const dims = n.attrs.keepdims ? kept(n, axes) : n.shape().filter((_, i) => !axes.includes(i));
      const elements = n.elements(0);
      const whole =
        f.fold && axes.length === n.rank() && elements?.every((e) => typeof e === "number");
      return [withElements(n.like(dims), whole ? [f.fold(elements)] : undefined)];
    },
    ...(f.definition && {
      definition: (b, n) => {
        const axes = axesOf(n);
        const over = (type: string, v: Value): Value =>
          axes.length === 0 ? v : b.op(type, [v, b.ints(axes)]);
        return [b.reshape(f.definition!(b, n.x(), over), n.y().fact.shape)];
      },
    }),
    vjp: (b, n, [dy]) => [
      () => {
        const axes = axesOf(n);
        const shape = kept(n, axes);
        return f.gradient(b, n, b.reshape(dy!, shape), b.reshape(n.y(), shape), axes);
      },
      "integer",
    ],
    ...(f.at && { pick: pickExtreme(f.at) }),
    bias: (n) => {
      const emit = f.bias;
      if (!emit) return "none";
      return {
        kind: "implicit",
        emit: (b) => {
          const axes = axesOf(n);
          const bias = emit(b, n, b.reshape(n.y(), kept(n, axes)), axes);
          return b.reshape(bias, n.y().fact.shape, "bias");
        },
      };
    },
  };
}

/** Number of elements reduced to one. */
function count(n: NodeView, axes: readonly number[]): number {
  const extents = staticShape(
    axes.map((a) => n.shape()[a]!),
    `what "${n.name}" reduces`,
  );
  return extents.reduce((p, d) => p * d, 1);
}

// y = Σx; dx = dy everywhere
const sum = reduction({
  type: "ReduceSum",
  since: 13,
  role: "linear",
  gradient: (b, n, dy) => b.expandLike(dy, n.x(), "dx"),
  fold: (e) => e.reduce((p, q) => p + q, 0),
});

// y = Σx/k; dx = dy/k
const mean = reduction({
  type: "ReduceMean",
  since: 18,
  role: "linear",
  gradient: (b, n, dy, _, axes) => b.expandLike(b.mulScalar(dy, 1 / count(n, axes)), n.x(), "dx"),
});

// y = max x (or min); dx shares dy evenly among the extremes, as torch.amax
const evenly: Reduction["gradient"] = (b, n, dy, y, axes) => {
  const hits = b.mask(b.op("Equal", [n.x(), y]), n.x());
  return b.mul(hits, b.div(dy, b.sum(hits, axes)), "dx");
};
const max = reduction({
  type: "ReduceMax",
  since: 18,
  role: "maximum",
  at: "ArgMax",
  gradient: evenly,
  fold: (e) => Math.max(...e),
});
const min = reduction({
  type: "ReduceMin",
  since: 18,
  role: "minimum",
  at: "ArgMin",
  gradient: evenly,
  fold: (e) => Math.min(...e),
});

// y = Σ|x|; dx = sign(x)·dy
const l1 = reduction({
  type: "ReduceL1",
  since: 18,
  role: "function",
  definition: (b, x, over) => over("ReduceSum", b.op("Abs", [x])),
  gradient: (b, n, dy) => b.mul(b.op("Sign", [n.x()]), dy, "dx"),
});

// y = √Σx²; dx = x·dy/y, and 0 where y = 0 as in PyTorch
const l2 = reduction({
  type: "ReduceL2",
  since: 18,
  role: "function",
  definition: (b, x, over) => b.sqrt(over("ReduceSum", b.mul(x, x))),
  gradient: (b, n, dy, y) => {
    const safe = b.where(b.greater(y, 0), y, b.scalar(1, y));
    return b.mul(n.x(), b.div(dy, safe), "dx");
  },
});

// y = Σx²; dx = 2x·dy; bias = y − 2y = −y
const sumSquare = reduction({
  type: "ReduceSumSquare",
  since: 18,
  role: "function",
  definition: (b, x, over) => over("ReduceSum", b.mul(x, x)),
  gradient: (b, n, dy) => b.mul(n.x(), b.mulScalar(dy, 2), "dx"),
  bias: (b, _n, y) => b.neg(y),
});

// y = log Σx; dx = dy/Σx; bias = y − 1
const logSum = reduction({
  type: "ReduceLogSum",
  since: 18,
  role: "function",
  definition: (b, x, over) => b.op("Log", [over("ReduceSum", x)]),
  gradient: (b, n, dy, y) => b.expandLike(b.div(dy, b.op("Exp", [y])), n.x(), "dx"),
  bias: (b, _n, y) => b.addScalar(y, -1),
});

/** A finite number in place of an infinite maximum: ∞ − ∞ would be NaN. */
const largest = 3e38;

// y = log Σeˣ = m + log Σ e^{x−m}, with m = max x so that nothing overflows; dx = e^{x−y}·dy (the softmax);
// bias = y − Σ e^{x−y}·x
const logSumExp = reduction({
  type: "ReduceLogSumExp",
  since: 18,
  role: "function",
  definition: (b, x, over) => {
    const [least, most] = [-largest, largest].map((v) => b.scalar(v, x));
    const m = b.op("Clip", [over("ReduceMax", x), least, most]);
    return b.add(b.op("Log", [over("ReduceSum", b.op("Exp", [b.sub(x, m)]))]), m);
  },
  gradient: (b, n, dy, y) => b.mul(b.op("Exp", [b.sub(n.x(), y)]), dy, "dx"),
  bias: (b, n, y, axes) => b.sub(y, b.sum(b.mul(b.op("Exp", [b.sub(n.x(), y)]), n.x()), axes)),
});

// y = Πx; dxᵢ = dy·Π of the others: y/xᵢ without zeros; with a single zero, only its own gradient is non-zero. bias =
// (1 − k)·y
const product = reduction({
  type: "ReduceProd",
  since: 18,
  role: "function",
  gradient: (b, n, dy, _y, axes) => {
    const x = n.x();
    const isZero = b.mask(b.op("Equal", [x, b.scalar(0, x)]), x);
    const zeros = b.sum(isZero, axes);
    const none = b.mask(b.op("Equal", [zeros, b.scalar(0, x)]), x);
    const one = b.mask(b.op("Equal", [zeros, b.scalar(1, x)]), x);
    const nonZero = b.add(x, isZero);
    const all = b.op("ReduceProd", [nonZero, b.ints(axes)], { noop_with_empty_axes: int(1) });
    const others = b.div(all, nonZero);
    return b.mul(dy, b.mul(others, b.add(none, b.mul(one, isZero))), "dx");
  },
  bias: (b, n, y, axes) => b.mulScalar(y, 1 - count(n, axes)),
  fold: (e) => e.reduce((p, q) => p * q, 1),
});

export const reductions: readonly OpSpec[] = [
  sum,
  mean,
  max,
  min,
  l1,
  l2,
  sumSquare,
  logSum,
  logSumExp,
  product,
];
