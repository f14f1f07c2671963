/**
 * Levels: the integers of a quantized value. Definitions use levels minus their zero point, as floats: sums of their
 * products are exact up to 2²⁴, so that rounding them gives the result of an integer kernel.
 *
 * @module
 */
import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { isStatic, sizeOf } from "../../tensor/shape.js";
import { float32 } from "../../tensor/tensor.js";

/** A scale or zero point of one element as a scalar. */
export const asScalar = (b: GraphBuilder, v: Value): Value =>
  v.fact.shape.every((d) => d === 1) ? b.reshape(v, []) : v;

/** q − z as floats; z is one number, or one per index of an axis. */
export function centred(
  b: GraphBuilder,
  levels: Value,
  zero: Value | undefined,
  axis: number,
  hint?: string,
): Value {
  const point = zero && asScalar(b, zero);
  const { shape } = point?.fact ?? { shape: [] };
  const count = isStatic(shape) ? sizeOf(shape) : 1;
  const ones = b.constant(float32(shape.map(Number), new Float32Array(count).fill(1)), "ones");
  return b.op("DequantizeLinear", [levels, ones, point], { axis: int(axis) }, hint);
}

/** (q − z)·s as floats. */
export const dequantized = (
  b: GraphBuilder,
  levels: Value,
  scale: Value,
  zero: Value | undefined,
): Value => b.mul(centred(b, levels, zero, 0), asScalar(b, scale));

/** round(x) + z, saturated: levels of the zero point's type. */
export const quantized = (b: GraphBuilder, x: Value, zero: Value | undefined): Value =>
  b.op("QuantizeLinear", [x, b.scalar(1, x), zero && asScalar(b, zero)], {}, "levels");
