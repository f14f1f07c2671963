/**
 * Shape arithmetic: the elements of small integer (and scalar) computations, carried along as facts.
 * Numbers are computed exactly; symbols survive moves and the four operations.
 *
 * @module
 */
import { maxFactElements } from "../../onnx/facts.js";
import type { Fact } from "../../onnx/ir.js";
import { isFloat, type DType } from "../../tensor/dtype.js";
import { expand, type Block } from "../../tensor/move.js";
import { isStatic, sameShape, sizeOf, type Dim, type Shape } from "../../tensor/shape.js";
import type { NodeView } from "./node-view.js";

/** The elements of input i as a block, if they are known and the shape is fixed. */
export function blockOf(n: NodeView, i = 0): Block<Dim> | undefined {
  const fact = n.inputs[i]?.fact;
  if (!fact?.elements || !isStatic(fact.shape)) return undefined;
  return { dims: fact.shape, data: fact.elements };
}

/** A fact with elements, if they are known, few, and representable in its dtype (0/0 of integers is not). */
export function withElements(fact: Fact, elements: readonly Dim[] | undefined): Fact {
  if (!elements || elements.length > maxFactElements) return fact;
  if (!isFloat(fact.dtype) && elements.some(Number.isNaN)) return fact;
  return { ...fact, elements };
}

/** Whether a value of this shape is small enough for its elements to be carried along. */
export function isSmall(shape: Shape): shape is readonly number[] {
  return (
    isStatic(shape) &&
    shape.every((d) => Number.isSafeInteger(d) && d >= 0) &&
    sizeOf(shape) <= maxFactElements
  );
}

/** The fact of an operator that moves the elements of input 0: `move` gives their new positions. */
export function moved(n: NodeView, fact: Fact, move: (block: Block<Dim>) => Block<Dim>): Fact {
  const block = blockOf(n);
  if (!block || !isSmall(fact.shape)) return fact;
  return withElements(fact, move(block).data);
}

/** Limit on the broadcast elements of all operands together: a Sum may have thousands of operands. */
const maxZippedElements = 16 * maxFactElements;

/** Elements of y = f(a, b, …) with broadcasting, if the elements of all inputs are known. */
export function zip(
  n: NodeView,
  shape: readonly Dim[],
  f: (...operands: Dim[]) => Dim | undefined,
): readonly Dim[] | undefined {
  if (!isSmall(shape) || n.inputs.length * sizeOf(shape) > maxZippedElements) return undefined;
  const operands = n.inputs.map((_, i) => {
    const block = blockOf(n, i);
    return block && (sameShape(block.dims, shape) ? block : expand(block, shape)).data;
  });
  if (!operands.every((o) => o !== undefined)) return undefined;
  const result: Dim[] = [];
  for (let at = 0; at < sizeOf(shape); at++) {
    const value = f(...operands.map((o) => o[at]!));
    if (value === undefined) return undefined;
    result.push(value);
  }
  return result;
}

/** f on numbers; undefined on symbols. */
export function onNumbers(f: (...operands: number[]) => number) {
  return (...operands: Dim[]): Dim | undefined =>
    operands.every((o) => typeof o === "number") ? f(...operands) : undefined;
}

/** Rounds a number to its dtype: integers are truncated, booleans are 0 or 1. */
export function roundTo(dtype: DType, value: Dim): Dim {
  if (typeof value === "string") return value;
  if (dtype === "bool") return value === 0 ? 0 : 1;
  if (dtype === "float32") return Math.fround(value);
  return isFloat(dtype) ? value : Math.trunc(value);
}
