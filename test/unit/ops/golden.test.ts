import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Attributes } from "../../../src/onnx/ir.js";
import { toNumbers } from "../../../src/tensor/tensor.js";
import { check, evaluate, type Operand } from "./record-check.js";

/** PyTorch's numbers for one node; fixtures/operators/make.py says how they came about. */
interface Golden {
  readonly name: string;
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly (Operand | null)[];
  readonly dy: readonly number[];
  readonly y: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly opset?: number;
}

function read(family: string): readonly Golden[] {
  const path = new URL(`../../../fixtures/operators/${family}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as readonly Golden[];
}

/** max |a − b|, measured by the largest |b|, but at least 1 */
function distance(a: ArrayLike<number>, b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  const largest = b.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
  return b.reduce((m, v, i) => Math.max(m, Math.abs(a[i]! - v)), 0) / largest;
}

const families = ["activations", "pools", "normalizations", "resizing", "sampling", "convolutions"];

describe.each(families)("%s as PyTorch computes them", (family) => {
  it.each(read(family).map((g): [string, Golden] => [g.name, g]))("%s", async (_, golden) => {
    const { op, attributes, dy, opset } = golden;
    const inputs = golden.inputs.map((i) => i ?? undefined);
    const applied = { op, attributes, inputs, dy, ...(opset === undefined ? {} : { opset }) };
    const { y, gradients } = await evaluate({ ...applied, dtype: "float32" });
    expect(distance(toNumbers(y), golden.y), "y").toBeLessThan(2e-5);
    golden.gradients.forEach((expected, i) => {
      expect(distance(toNumbers(gradients.get(i)!), expected), `dx${i}`).toBeLessThan(2e-5);
    });
    // The bias belongs to the same derivative, kinks included.
    await check({ ...applied, dtype: "float32", difference: false, tolerance: 1e-5 });
  });
});
