import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import type { DType } from "../tensor/dtype.js";
import { normalizeAxis } from "../tensor/shape.js";
import type { NodeView } from "./node-view.js";
import { dtypeOf } from "../onnx/element-types.js";
import type { OpSpec } from "./spec.js";

interface QuantizeAttrs {
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

/** Scale or zero point as floats, laid along the axis that it belongs to. */
function parameter(b: GraphBuilder, n: NodeView<QuantizeAttrs>, i: number, like: Value): Value {
  const value = b.cast(n.x(i), like.fact.dtype);
  const { shape } = value.fact;
  if (shape.length === 0) return value;
  if (shape.length > 1 || n.attrs.blockSize > 0) {
    throw n.refusal("quantization in blocks has no gradient; per tensor and per axis have");
  }
  if (shape[0] === 1) return b.reshape(value, []);
  const axis = normalizeAxis(n.attrs.axis, n.rank());
  return b.reshape(
    value,
    n.shape().map((_, k) => (k === axis ? shape[0]! : 1)),
  );
}

const ranges: Partial<Record<DType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** 1/s where x is not saturated, else 0: rounding counts as the identity ("straight-through", as PyTorch trains). */
function quantizeSlope(b: GraphBuilder, n: NodeView<QuantizeAttrs>): Value {
  const range = ranges[n.y().fact.dtype];
  if (!range) throw n.refusal(`quantization to ${n.y().fact.dtype} has no gradient`);
  const x = n.x();
  const scale = parameter(b, n, 1, x);
  let level = b.op("Round", [b.div(x, scale)]);
  if (n.optional(2)) level = b.add(level, parameter(b, n, 2, x));
  const outside = b.op("Or", [b.less(level, range[0]), b.greater(level, range[1])]);
  return b.where(outside, b.scalar(0, x), b.op("Reciprocal", [scale]), "slope");
}

// q = round(x/s) + z, saturated. Straight-through: dx = dq/s where not saturated; dq is a gradient of the level, a
// float. bias = q − x/s (z and the rounding error), and q where saturated.
const quantizeLinear: OpSpec<QuantizeAttrs> = {
  type: "QuantizeLinear",
  since: 10,
  attrs,
  straightThrough: true,
  infer: (n) => {
    const dtype = n.optional(2)?.fact.dtype ?? n.attrs.to ?? "uint8";
    return [{ dtype, shape: n.shape() }];
  },
  vjp: (b, n, [dy]) => [
    () => b.mul(dy!, quantizeSlope(b, n), "dx"),
    () => {
      throw n.refusal("its scale depends on the input");
    },
    null,
  ],
  bias: (n) => ({
    kind: "implicit",
    emit: (b) => {
      const level = b.cast(n.y(), n.x().fact.dtype);
      return b.sub(level, b.mul(n.x(), quantizeSlope(b, n)), "bias");
    },
  }),
};

// y = (q − z)·s; dq = s·dy; bias = −z·s
const dequantizeLinear: OpSpec<QuantizeAttrs> = {
  type: "DequantizeLinear",
  since: 10,
  attrs,
  infer: (n) => [{ dtype: n.attrs.to ?? n.x(1).fact.dtype, shape: n.shape() }],
  vjp: (b, n, [dy]) => [
    () => b.mul(dy!, parameter(b, n, 1, dy!), "dx"),
    () => {
      throw n.refusal("its scale depends on the input");
    },
    null,
  ],
  bias: (n) => {
    if (!n.optional(2) || n.elements(2)?.every((z) => z === 0)) return "none";
    return {
      kind: "constant",
      emit: (b) => {
        const [scale, zero] = [1, 2].map((i) => parameter(b, n, i, n.y()));
        return b.neg(b.mul(zero!, scale!), "bias");
      },
    };
  },
};

// The scale is read from x itself, so that it is no straight line any more.
const dynamicQuantizeLinear: OpSpec<Record<string, never>> = {
  type: "DynamicQuantizeLinear",
  since: 11,
  attrs: () => ({}),
  infer: (n) => [
    { dtype: "uint8", shape: n.shape() },
    { dtype: "float32", shape: [] },
    { dtype: "uint8", shape: [] },
  ],
  vjp: "not-differentiable",
  bias: () => "none",
};

export const quantization: readonly OpSpec[] = [
  quantizeLinear,
  dequantizeLinear,
  dynamicQuantizeLinear,
];
