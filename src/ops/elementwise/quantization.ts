import { microsoft } from "../core/domains.js";
import { sameAxes } from "../core/axis-mapping.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { DType } from "../../tensor/dtype.js";
import { multiplyDims, normalizeAxis, staticShape } from "../../tensor/shape.js";
import { sumAllBut } from "../layers/convolution.js";
import type { NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import { dtypeOf } from "../../onnx/file/element-types.js";
import type { OpSpec } from "../core/spec.js";

export interface QuantizeAttrs {
  readonly axis: number;
  readonly blockSize: number;
  readonly to: DType | undefined;
}

const attrs: OpSpec<QuantizeAttrs>["attrs"] = (a) => {
  const code = a.int("output_dtype", 0);
  return {
    axis: a.int("axis", 1),
    blockSize: a.int("block_size", 0),
    to: code === 0 ? undefined : a.required("output_dtype", dtypeOf(code)),
  };
};

/** Scale or zero point as floats, broadcastable along its axis. */
export function parameter(
  b: GraphBuilder,
  n: NodeView<QuantizeAttrs>,
  i: number,
  like: Value,
): Value {
  const value = b.cast(n.x(i), like.fact.dtype);
  const { shape } = value.fact;
  if (shape.length === 0) return value;
  if (shape.every((d) => d === 1)) return b.reshape(value, []);
  const axis = normalizeAxis(n.attrs.axis, n.rank());
  if (inBlocks(n)) {
    const size = n.attrs.blockSize;
    const [apart, repeated] = [1, size].map((s) => shape.toSpliced(axis, 1, shape[axis]!, s));
    const spread = b.op("Expand", [
      b.reshape(value, apart!),
      b.ints(staticShape(repeated!, `"${n.name}"`)),
    ]);
    const whole = b.reshape(spread, shape.toSpliced(axis, 1, multiplyDims(shape[axis]!, size)));
    // The last block may be longer than what is left of the axis.
    return b.slice(
      whole,
      [axis],
      [0],
      staticShape([n.shape()[axis]!], `axis ${axis} of "${n.name}"`),
    );
  }
  return b.reshape(
    value,
    n.shape().map((_, k) => (k === axis ? shape[0]! : 1)),
  );
}

/** Whether each scale applies to a block of elements along the axis. */
const inBlocks = (n: NodeView<QuantizeAttrs>): boolean => n.rank(1) > 1 || n.attrs.blockSize > 0;

/** Sums a gradient to the shape of the scale. */
function likeParameter(b: GraphBuilder, n: NodeView<QuantizeAttrs>, gradient: Value): Value {
  const { shape } = n.x(1).fact;
  if (shape.every((d) => d === 1)) return b.reshapeLike(b.sum(gradient), n.x(1), "dscale");
  if (inBlocks(n)) throw n.refusal("scales of blocks have no gradient");
  return b.reshapeLike(sumAllBut(b, gradient, normalizeAxis(n.attrs.axis, n.rank())), n.x(1));
}

export const ranges: Partial<Record<DType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** round(x/s) + z, as float */
function levels(b: GraphBuilder, n: NodeView<QuantizeAttrs>): Value {
  const level = b.op("Round", [b.div(n.x(), parameter(b, n, 1, n.x()))]);
  return n.optional(2) ? b.add(level, parameter(b, n, 2, n.x())) : level;
}

/** q − z, as float */
function centred(b: GraphBuilder, n: NodeView<QuantizeAttrs>): Value {
  const level = b.cast(n.x(), n.y().fact.dtype);
  return n.optional(2) ? b.sub(level, parameter(b, n, 2, level)) : level;
}

/**
 * 1/s where x is not saturated, else 0: the straight-through gradient, which treats rounding as the identity, as in
 * PyTorch.
 */
function quantizeSlope(b: GraphBuilder, n: NodeView<QuantizeAttrs>): Value {
  const range = ranges[n.y().fact.dtype];
  if (!range) throw n.refusal(`quantization to ${n.y().fact.dtype} has no gradient`);
  const x = n.x();
  const scale = parameter(b, n, 1, x);
  const level = levels(b, n);
  const outside = b.op("Or", [b.less(level, range[0]), b.greater(level, range[1])]);
  return b.where(outside, b.scalar(0, x), b.op("Reciprocal", [scale]), "slope");
}

// q = round(x/s) + z, saturated. Straight-through: dx = dq/s, ds = −x/s²·dq where not saturated; dq is the gradient of
// the level, a float. bias = q − x/s (z and the rounding error), and q where saturated; q + x/s if only s is active.
const quantizeLinear: OpSpec<QuantizeAttrs> = {
  type: "QuantizeLinear",
  since: 10,
  arity: [2, 3],
  role: "quantization",
  axes: sameAxes,
  newer: true,
  attrs,
  straightThrough: [0],
  rounds: true,
  infer: (n) => {
    const dtype = n.optional(2)?.fact.dtype ?? n.attrs.to ?? "uint8";
    return [{ dtype, shape: n.shape() }];
  },
  definition: (b, n) => {
    const { dtype } = n.y().fact;
    const range = ranges[dtype];
    if (!range) throw n.refusal(`quantization to ${dtype} has no definition`);
    const level = b.cast(levels(b, n), "float32");
    return [b.cast(b.op("Clip", [level, ...range.map((v) => b.scalar(v, level))]), dtype)];
  },
  vjp: (b, n, [dy]) => [
    () => b.mul(dy!, quantizeSlope(b, n), "dx"),
    () => {
      const ratio = b.div(n.x(), parameter(b, n, 1, n.x()));
      return likeParameter(b, n, b.neg(b.mul(dy!, b.mul(ratio, quantizeSlope(b, n)))));
    },
    "integer",
  ],
  bias: (n) => ({
    kind: "implicit",
    emit: (b) => {
      const level = b.cast(n.y(), n.x().fact.dtype);
      if (n.isActive(0) && n.isActive(1)) return level;
      const inner = b.mul(n.x(), quantizeSlope(b, n));
      return n.isActive(0) ? b.sub(level, inner, "bias") : b.add(level, inner, "bias");
    },
  }),
};

// y = (q − z)·s; dq = s·dy, ds = Σ (q − z)·dy; bias = −z·s, and −q·s where s depends on the image too
const dequantizeLinear: OpSpec<QuantizeAttrs> = {
  type: "DequantizeLinear",
  since: 10,
  arity: [2, 3],
  role: "quantization",
  axes: sameAxes,
  newer: true,
  attrs,
  infer: (n) => [{ dtype: n.attrs.to ?? n.x(1).fact.dtype, shape: n.shape() }],
  definition: (b, n) => [b.mul(centred(b, n), parameter(b, n, 1, n.y()))],
  vjp: (b, n, [dy]) => [
    () => b.mul(dy!, parameter(b, n, 1, dy!), "dx"),
    () => likeParameter(b, n, b.mul(dy!, centred(b, n))),
    "integer",
  ],
  bias: (n) => {
    if (!n.isActive(0)) return "none";
    const still = !n.isActive(1);
    if (still && (!n.optional(2) || n.elements(2)?.every((z) => z === 0))) return "none";
    return {
      kind: still ? "constant" : "implicit",
      emit: (b) => {
        const scale = parameter(b, n, 1, n.y());
        const shift = still ? parameter(b, n, 2, n.y()) : b.cast(n.x(), n.y().fact.dtype);
        return b.neg(b.mul(shift, scale), "bias");
      },
    };
  },
};

// q = round(x/s) + z, with s and z from the range of x; they count as constants, as in PyTorch's observers. No element
// is saturated: dx = dq/s, bias = q − x/s.
const dynamicQuantizeLinear: OpSpec<NoAttrs> = {
  type: "DynamicQuantizeLinear",
  since: 11,
  arity: [1, 1],
  role: "quantization",
  axes: sameAxes,
  attrs: () => ({}),
  infer: (n) => [
    { dtype: "uint8", shape: n.shape() },
    { dtype: "float32", shape: [] },
    { dtype: "uint8", shape: [] },
  ],
  straightThrough: [0],
  rounds: true,
  definition: (b, n) => {
    const [x, axes] = [n.x(), n.shape().map((_, i) => i)];
    const zero = b.scalar(0, x);
    const most = b.op("Max", [b.max(x, axes, false), zero]);
    const least = b.op("Min", [b.min(x, axes, false), zero]);
    const scale = b.div(b.sub(most, least), b.scalar(255, x));
    const level = (v: Value): Value => b.cast(b.op("Clip", [v, zero, b.scalar(255, x)]), "uint8");
    const point = level(b.op("Round", [b.neg(b.div(least, scale))]));
    const steps = b.op("Round", [b.div(x, scale)]);
    return [level(b.add(steps, b.cast(point, x.fact.dtype))), scale, point];
  },
  vjp: (b, n, [dy]) => [() => b.div(dy!, n.y(1), "dx")],
  bias: (n) => ({
    kind: "implicit",
    emit: (b) => b.sub(b.cast(n.y(), "float32"), b.div(n.x(), n.y(1)), "bias"),
  }),
};

export const quantization: readonly OpSpec[] = [
  quantizeLinear,
  dequantizeLinear,
  { ...quantizeLinear, domain: microsoft, since: 1 },
  { ...dequantizeLinear, domain: microsoft, since: 1 },
  dynamicQuantizeLinear,
];
