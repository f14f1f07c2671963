import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import type { OpSpec } from "./spec.js";
import { noAttrs, unary } from "./unary.js";

/** 1 + s·x² */
function quadratic(b: GraphBuilder, x: Value, s: 1 | -1): Value {
  const square = b.mul(x, x);
  return s === 1 ? b.shift(square, 1) : b.sub(b.scalar(1, x), square);
}

const reciprocal = (b: GraphBuilder, v: Value): Value => b.op("Reciprocal", [v]);

function fn(
  type: string,
  since: number,
  derivative: (b: GraphBuilder, x: Value, y: Value) => Value,
): OpSpec<Record<string, never>> {
  return unary({ type, since, attrs: noAttrs, derivative });
}

export const trigonometry: readonly OpSpec[] = [
  fn("Tan", 7, (b, _, y) => quadratic(b, y, 1)), // y' = 1 + tan²x
  fn("Asin", 7, (b, x) => reciprocal(b, b.sqrt(quadratic(b, x, -1)))), // 1/√(1 − x²)
  fn("Acos", 7, (b, x) => b.neg(reciprocal(b, b.sqrt(quadratic(b, x, -1))))), // −1/√(1 − x²)
  fn("Atan", 7, (b, x) => reciprocal(b, quadratic(b, x, 1))), // 1/(1 + x²)
  fn("Sinh", 9, (b, x) => b.op("Cosh", [x])),
  fn("Cosh", 9, (b, x) => b.op("Sinh", [x])),
  fn("Asinh", 9, (b, x) => reciprocal(b, b.sqrt(quadratic(b, x, 1)))), // 1/√(x² + 1)
  fn("Acosh", 9, (b, x) => reciprocal(b, b.sqrt(b.shift(b.mul(x, x), -1)))), // 1/√(x² − 1)
  fn("Atanh", 9, (b, x) => reciprocal(b, quadratic(b, x, -1))), // 1/(1 − x²)
];
