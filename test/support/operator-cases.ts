import { readFileSync } from "node:fs";
import type { Attributes } from "../../src/onnx/ir.js";
import type { Operand } from "../unit/ops/record-check.js";

/** PyTorch's numbers for one node, made by fixtures/operators/make.py. */
export interface OperatorCase {
  readonly name: string;
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly (Operand | null)[];
  readonly dy: readonly number[];
  readonly y: readonly number[];
  /** Gradients of the inputs that are not `still`, in order. */
  readonly gradients: readonly (readonly number[])[];
  readonly opset?: number;
}

export const operatorFamilies = [
  "activations",
  "pools",
  "normalizations",
  "resizing",
  "sampling",
  "convolutions",
  "padding",
  "columns",
  "attention",
  "regions",
  "scattering",
] as const;

export function operatorCases(family: (typeof operatorFamilies)[number]): readonly OperatorCase[] {
  const path = new URL(`../../fixtures/operators/${family}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as readonly OperatorCase[];
}
