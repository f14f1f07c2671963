import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { noAttrs, type NoAttrs } from "../core/heads.js";
import type { OpSpec } from "../core/spec.js";
import { unary } from "./unary.js";

/** 1 + x² */
const onePlusSquare = (b: GraphBuilder, x: Value): Value => b.addScalar(b.mul(x, x), 1);

/** 1 − x² = (1 − x)(1 + x), which keeps its digits where |x| is near 1 */
const oneMinusSquare = (b: GraphBuilder, x: Value): Value =>
  b.mul(b.sub(b.scalar(1, x), x), b.addScalar(x, 1));

const reciprocal = (b: GraphBuilder, v: Value): Value => b.op("Reciprocal", [v]);

function fn(
  type: string,
  since: number,
  derivative: (b: GraphBuilder, x: Value, y: Value) => Value,
): OpSpec<NoAttrs> {
  return unary({ type, since, role: "function", attrs: noAttrs, derivative });
}

export const trigonometry: readonly OpSpec[] = [
  fn("Sin", 7, (b, x) => b.op("Cos", [x])),
  fn("Cos", 7, (b, x) => b.neg(b.op("Sin", [x]))),
  fn("Tan", 7, (b, _, y) => onePlusSquare(b, y)), // y' = 1 + tan²x
  fn("Asin", 7, (b, x) => reciprocal(b, b.sqrt(oneMinusSquare(b, x)))), // 1/√(1 − x²)
  fn("Acos", 7, (b, x) => b.neg(reciprocal(b, b.sqrt(oneMinusSquare(b, x))))), // −1/√(1 − x²)
  fn("Atan", 7, (b, x) => reciprocal(b, onePlusSquare(b, x))), // 1/(1 + x²)
  fn("Sinh", 9, (b, x) => b.op("Cosh", [x])),
  fn("Cosh", 9, (b, x) => b.op("Sinh", [x])),
  fn("Asinh", 9, (b, x) => reciprocal(b, b.sqrt(onePlusSquare(b, x)))), // 1/√(x² + 1)
  fn("Acosh", 9, (b, x) => reciprocal(b, b.sqrt(b.mul(b.addScalar(x, -1), b.addScalar(x, 1))))), // 1/√(x² − 1)
  fn("Atanh", 9, (b, x) => reciprocal(b, oneMinusSquare(b, x))), // 1/(1 − x²)
];
