import { describe, expect, it } from "vitest";
import { toNumbers } from "../../../src/tensor/tensor.js";
import {
  operatorCases,
  operatorFamilies,
  type OperatorCase,
} from "../../support/operator-cases.js";
import { check, evaluate } from "./record-check.js";

/** max |a − b|, measured by the largest |b|, but at least 1 */
function distance(a: ArrayLike<number>, b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  const largest = b.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
  return b.reduce((m, v, i) => Math.max(m, Math.abs(a[i]! - v)), 0) / largest;
}

describe.each(operatorFamilies)("%s as PyTorch computes them", (family) => {
  it.each(operatorCases(family).map((g): [string, OperatorCase] => [g.name, g]))(
    "%s",
    async (_, golden) => {
      const { op, attributes, dy, opset } = golden;
      const inputs = golden.inputs.map((i) => i ?? undefined);
      const applied = { op, attributes, inputs, dy, ...(opset === undefined ? {} : { opset }) };
      const { y, gradients } = await evaluate({ ...applied, dtype: "float32" });
      expect(distance(toNumbers(y), golden.y), "y").toBeLessThan(2e-5);
      const found = [...gradients.entries()];
      expect(found).toHaveLength(golden.gradients.length);
      for (const [k, [i, gradient]] of found.entries()) {
        expect(distance(toNumbers(gradient), golden.gradients[k]!), `dx${i}`).toBeLessThan(2e-5);
      }
      // The bias belongs to the same derivative, kinks included.
      await check({ ...applied, dtype: "float32", difference: false, tolerance: 1e-5 });
    },
  );
});
