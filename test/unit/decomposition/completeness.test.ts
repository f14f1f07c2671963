import { describe, expect, it } from "vitest";
import { completenessOf, isComplete } from "../../../src/decomposition/completeness.js";

describe("completeness of 10 = 4 + 9 − 3.5 and 0.5 missing", () => {
  const c = completenessOf(10, [4, 9, -3.5]);

  it("has the parts", () => {
    expect(c).toMatchObject({ output: 10, inputTerm: 4, biasTerm: 5.5, sum: 9.5, residual: 0.5 });
  });

  it("measures what is missing by the output and by what was added", () => {
    expect(c.relative).toBe(0.05);
    expect(c.mass).toBe(16.5);
    expect(c.conditioned).toBeCloseTo(0.5 / 16.5, 12);
    expect(isComplete(c)).toBe(false);
  });
});

describe("completeness", () => {
  it("holds where nothing is missing, even of nothing", () => {
    expect(isComplete(completenessOf(3, [1, 2]))).toBe(true);
    expect(completenessOf(0, [0, 0])).toMatchObject({ relative: 0, conditioned: 0 });
  });

  it("holds where large terms cancel to within float32", () => {
    expect(isComplete(completenessOf(1e-3, [1000, -999.99]))).toBe(true);
  });

  it("never holds for what is not a number", () => {
    expect(isComplete(completenessOf(Number.NaN, [1]))).toBe(false);
    expect(isComplete(completenessOf(1, [Infinity]))).toBe(false);
    expect(isComplete(completenessOf(Infinity, [Infinity]))).toBe(false);
  });

  it("fails where terms vanish but the output does not", () => {
    expect(isComplete(completenessOf(1, [0, 0]))).toBe(false);
  });
});
