import { spatialAxes } from "../core/axis-mapping.js";
import { checkMade, fromNumbers, full, type Tensor } from "../../tensor/tensor.js";
import { int, text } from "../../onnx/attribute.js";
import { type GraphBuilder } from "../../onnx/builder.js";
import type { Attributes, Fact, Value } from "../../onnx/ir.js";
import { staticShape, type Dim } from "../../tensor/shape.js";
import { noAttrs, type NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import {
  positions,
  span,
  windowAttributes,
  windowAttrs,
  windowAxes,
  type Axis,
  type WindowAttrs,
} from "./window.js";

export interface PoolAttrs extends WindowAttrs {
  readonly ceil: boolean;
}

export interface MaxPoolAttrs extends PoolAttrs {
  /** Column-major indices (storage_order = 1). */
  readonly columnMajor: boolean;
}

export interface AveragePoolAttrs extends PoolAttrs {
  readonly includePad: boolean;
}

/** The spatial axes of a pool. */
export function poolAxes(n: NodeView<PoolAttrs>): Axis[] {
  const kernel = n.attrs.kernelShape;
  if (!kernel) throw n.error("kernel_shape is missing");
  return windowAxes(n, n.attrs, kernel, n.shape().slice(2));
}

/** The shape of a pool's output. */
export function pooled(n: NodeView<PoolAttrs>): Dim[] {
  const [batch, channels, ...spatial] = n.shape();
  const lengths = poolAxes(n).map((a, i) => positions(n, a, spatial[i]!, n.attrs.ceil));
  return [batch!, channels!, ...lengths];
}

// y = the maximum of each window; all of dy goes to the first maximum, as in PyTorch. Its position comes from a second
// run of the pool with its Indices output (flat over the whole tensor), which keeps the forward pool fast.
const maxPool: OpSpec<MaxPoolAttrs> = {
  type: "MaxPool",
  since: 8,
  arity: [1, 1],
  role: "max-pooling",
  axes: spatialAxes,
  attrs: (a) => ({
    ...windowAttrs(a),
    ceil: a.flag("ceil_mode"),
    columnMajor: a.flag("storage_order"),
  }),
  infer: (n) => {
    const shape = pooled(n);
    return [n.like(shape), { dtype: "int64", shape }];
  },
  vjp: (b, n, [dy]) => [
    () => {
      if (!dy) throw n.error("its indices have no gradient");
      const x = n.x();
      const attributes: Attributes = {
        ...windowAttributes(poolAxes(n)),
        ceil_mode: int(n.attrs.ceil ? 1 : 0),
      };
      const [, indices] = b.call("MaxPool", [x], attributes, { outputs: 2, hint: "argmax" });
      const flat = b.ints([-1]);
      const zeros = b.op("Reshape", [b.zerosLike(x), flat]);
      const where = b.op("Reshape", [indices, flat]);
      const rows = b.op("Reshape", [dy, flat]);
      const add = { axis: int(0), reduction: text("add") };
      return b.reshapeLike(b.op("ScatterElements", [zeros, where, rows], add, "dx/flat"), x, "dx");
    },
  ],
  bias: () => "none",
};

// y = the sum of each window divided by its count: the kernel size with count_include_pad (elements beyond the padded
// input never count), otherwise the elements inside the input. dx distributes dy/count over the window.
const averagePool: OpSpec<AveragePoolAttrs> = {
  type: "AveragePool",
  since: 7,
  arity: [1, 1],
  role: "linear",
  axes: spatialAxes,
  // Before operator set 19 the divisor of windows that reach beyond the end was unspecified.
  newer: ["dilations", "ceil_mode=1"],
  attrs: (a) => ({
    ...windowAttrs(a),
    ceil: a.flag("ceil_mode"),
    includePad: a.flag("count_include_pad"),
  }),
  infer: (n) => [n.like(pooled(n))],
  vjp: (b, n, [dy]) => [() => averageGradient(b, n, dy!)],
  bias: () => "none",
};

function averageGradient(b: GraphBuilder, n: NodeView<AveragePoolAttrs>, dy: Value): Value {
  const { counts, outputs } = windowCounts(n);
  const even = counts.every((c) => c === counts[0]);
  const shares = counts.map((c) => 1 / c);
  const weights = (): Tensor => fromNumbers(dy.fact.dtype, [1, 1, ...outputs], shares);
  const share = even ? dy : b.mul(dy, b.constant(weights(), "1/count"));
  return spreadOverWindows(b, n, share, poolAxes(n), even ? shares[0]! : 1);
}

/** Gives each element the sum over the windows that contain it, times `weight`: the adjoint of window sums. */
export function spreadOverWindows(
  b: GraphBuilder,
  n: NodeView,
  share: Value,
  axes: readonly Axis[],
  weight: number,
): Value {
  const { begins, ends, window, attributes } = depthwiseWindow(b, n, share.fact, axes, weight);
  const whole = b.op("ConvTranspose", [share, window], attributes, "dx/padded");
  return b.pad(whole, [0, 0, ...begins.map((p) => -p), 0, 0, ...ends.map((p) => -p)], "dx");
}

/** The sum of x [N,C,…] over each window. */
export function sumOverWindows(b: GraphBuilder, n: NodeView<PoolAttrs>, x: Value): Value {
  const { begins, ends, window, attributes } = depthwiseWindow(b, n, n.y().fact, poolAxes(n), 1);
  const padded = b.pad(x, [0, 0, ...begins, 0, 0, ...ends], "padded");
  return b.op("Conv", [padded, window], attributes, "sums");
}

/** A window sum as a depthwise convolution, with the pads that make x as long as the windows reach. */
function depthwiseWindow(
  b: GraphBuilder,
  n: NodeView,
  output: Fact,
  axes: readonly Axis[],
  weight: number,
): { begins: number[]; ends: number[]; window: Value; attributes: Attributes } {
  const extents = staticShape(n.shape().slice(2), `the input of "${n.name}"`);
  const outputs = staticShape(output.shape.slice(2), `the output of "${n.name}"`);
  const channels = n.shape()[1]!;
  if (typeof channels === "string") throw n.error("the number of channels must be fixed");
  const dims = [channels, 1, ...axes.map((a) => a.kernel)];
  const bare = axes.map((a) => ({ ...a, begin: 0, end: 0 }));
  return {
    begins: axes.map((a) => a.begin),
    // In ceil mode the last window may extend beyond the padded input.
    ends: axes.map((a, i) => (outputs[i]! - 1) * a.stride + span(a) - extents[i]! - a.begin),
    window: b.constant(full(output.dtype, dims, weight), "window"),
    attributes: windowAttributes(bare, channels),
  };
}

/**
 * The number of elements that each window of an AveragePool counts, and the number of windows along each spatial axis.
 */
export function windowCounts(n: NodeView<AveragePoolAttrs>): {
  counts: readonly number[];
  outputs: readonly number[];
} {
  const extents = staticShape(n.shape().slice(2), `the input of "${n.name}"`);
  const outputs = staticShape(n.y().fact.shape.slice(2), `the output of "${n.name}"`);
  checkMade(outputs, `for AveragePool (node "${n.name}") counts`);
  const along = poolAxes(n).map((a, i) =>
    countsAlong(a, extents[i]!, outputs[i]!, n.attrs.includePad),
  );
  const counts = along.reduce((all, axis) => all.flatMap((p) => axis.map((c) => p * c)), [1]);
  return { counts, outputs };
}

function countsAlong(axis: Axis, extent: number, outputs: number, includePad: boolean): number[] {
  const [low, high] = includePad ? [-axis.begin, extent + axis.end] : [0, extent];
  return Array.from({ length: outputs }, (_, o) => {
    // Number of positions start + k·dilation in [low, high).
    const start = o * axis.stride - axis.begin;
    const first = Math.max(0, Math.ceil((low - start) / axis.dilation));
    const end = Math.min(axis.kernel, Math.ceil((high - start) / axis.dilation));
    return Math.max(1, end - first);
  });
}

/** The spatial axes of [N,C,…]. */
export const spaceOf = (n: NodeView): number[] => n.shape().flatMap((_, i) => (i < 2 ? [] : [i]));

/** The shape with all spatial extents 1. */
export const pooledToOne = (n: NodeView): Dim[] => n.shape().map((d, i) => (i < 2 ? d : 1));

// y = the mean over all spatial positions; dx = dy/size everywhere
const globalAveragePool: OpSpec<NoAttrs> = {
  type: "GlobalAveragePool",
  since: 1,
  arity: [1, 1],
  role: "linear",
  axes: spatialAxes,
  attrs: noAttrs,
  infer: (n) => [n.like(pooledToOne(n))],
  definition: (b, n) => [b.mean(n.x(), spaceOf(n))],
  vjp: (b, n, [dy]) => [
    () => {
      const size = staticShape(n.shape().slice(2), `the input of "${n.name}"`).reduce(
        (p, d) => p * d,
        1,
      );
      return b.expandLike(b.mulScalar(dy!, 1 / size), n.x(), "dx");
    },
  ],
  bias: () => "none",
};

// y = the maximum over all spatial positions; all of dy goes to the first maximum, as in PyTorch's adaptive pool
const globalMaxPool: OpSpec<NoAttrs> = {
  type: "GlobalMaxPool",
  since: 1,
  arity: [1, 1],
  role: "max-pooling",
  axes: spatialAxes,
  attrs: noAttrs,
  infer: (n) => [n.like(pooledToOne(n))],
  definition: (b, n) => [b.max(n.x(), spaceOf(n))],
  vjp: (b, n, [dy]) => [
    () => {
      const rows = b.op("Reshape", [n.x(), b.ints([0, 0, -1])]);
      const first = b.op("ArgMax", [rows], { axis: int(2) }, "argmax");
      const share = b.op("Reshape", [dy!, b.ints([0, 0, 1])]);
      const inputs = [b.zerosLike(rows), first, share];
      return b.reshapeLike(
        b.op("ScatterElements", inputs, { axis: int(2) }, "dx/flat"),
        n.x(),
        "dx",
      );
    },
  ],
  bias: () => "none",
};

export const pooling: readonly OpSpec[] = [maxPool, averagePool, globalAveragePool, globalMaxPool];
