import type { DType } from "../../../tensor/dtype.js";
import { normalizeAxis } from "../../../tensor/shape.js";
import type { Lowerings, NodeToLower } from "./lowering.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

const ranges: Partial<Record<DType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** A scale or zero point as float32: one value, one per index of an axis, or one per block along it. */
function parameter(w: TfOpBuilder, n: NodeToLower, i: number): Operand {
  const value = w.cast(n.x(i), "float32");
  if (value.dims.every((d) => d === 1)) return w.reshape(value, []);
  const { dims } = n.x();
  const axis = normalizeAxis(n.attributes.int("axis", 1), dims.length);
  if (value.dims.length === 1) {
    return w.reshape(
      value,
      dims.map((d, k) => (k === axis ? d : 1)),
    );
  }
  const size = n.attributes.int("block_size", 1);
  const apart = value.dims.flatMap((d, k) => (k === axis ? [d, 1] : [d]));
  const repeated = value.dims.flatMap((d, k) => (k === axis ? [d, size] : [d]));
  return w.reshape(w.expand(w.reshape(value, apart), repeated), dims);
}

function quantize(
  w: TfOpBuilder,
  x: Operand,
  scale: Operand,
  zero: Operand | undefined,
  range: readonly [number, number],
): Operand {
  const level = w.unary("Round", w.div(x, scale));
  return w.cast(w.clip(zero ? w.add(level, zero) : level, ...range), "int32");
}

export const quantization: Lowerings = {
  QuantizeLinear: (w, n) => {
    const { dtype } = n.view.y().fact;
    const range = ranges[dtype];
    if (!range) throw n.refusal(`tfjs does not support ${dtype}`);
    const zero = n.optional(2) && parameter(w, n, 2);
    return quantize(w, w.cast(n.x(), "float32"), parameter(w, n, 1), zero, range);
  },
  DequantizeLinear: (w, n) => {
    const levels = w.cast(n.x(), "float32");
    const moved = n.optional(2) ? w.sub(levels, parameter(w, n, 2)) : levels;
    return w.mul(moved, parameter(w, n, 1));
  },
  // Quantizes the range of x, extended to include 0, in 255 steps.
  DynamicQuantizeLinear: (w, n) => {
    const axes = n.x().dims.map((_, i) => i);
    const zero = w.scalar(0);
    const most = w.binary("Maximum", w.reduce("Max", n.x(), axes, false), zero);
    const least = w.binary("Minimum", w.reduce("Min", n.x(), axes, false), zero);
    const scale = w.div(w.sub(most, least), w.scalar(255));
    const point = w.unary("Round", w.clip(w.div(w.sub(zero, least), scale), 0, 255));
    return [quantize(w, n.x(), scale, point, [0, 255]), scale, w.cast(point, "int32")];
  },
};
