import type { Attributes } from "../../../src/onnx/ir.js";
import { float32, type Tensor } from "../../../src/tensor/tensor.js";

/** A node as old operator sets have it. The image x, [2, 3, 4, 5] unless said, is its first input. */
export interface OldNode {
  readonly op: string;
  /** The variant under test. */
  readonly name: string;
  /** Operator sets whose definition of the operator this is. */
  readonly opsets: readonly number[];
  readonly attributes?: Attributes;
  readonly dims?: readonly number[];
  /** Further inputs, constants all of them; undefined for one that is left out. */
  readonly constants?: readonly (Tensor | undefined)[];
  readonly outputs?: number;
  /** The outputs are int64. */
  readonly integer?: boolean;
}

/** A float32 vector. */
export function vector(...values: number[]): Tensor {
  return float32([values.length], values);
}

export function scalar(value: number): Tensor {
  return float32([], [value]);
}

/** Operator sets from one to another. */
export function span(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

export function form(
  op: string,
  name: string,
  opsets: readonly number[],
  attributes: Attributes = {},
  rest: Partial<OldNode> = {},
): OldNode {
  return { op, name, opsets, attributes, ...rest };
}
