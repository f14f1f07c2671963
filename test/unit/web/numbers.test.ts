import fc from "fast-check";
import { expect, test } from "vitest";
import { decimalsOf, formatSigned, roundToSum } from "../../../web/numbers.js";

test("rounded numbers add up to their rounded sum, and none is off by a whole unit", () => {
  const values = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.integer({ min: 0, max: 4 }), (numbers, decimals) => {
      const unit = 10 ** decimals;
      const units = roundToSum(numbers, decimals).map((value) => Math.round(value * unit));
      const sum = numbers.reduce((a, b) => a + b, 0);
      expect(units.reduce((a, b) => a + b, 0)).toBe(Math.round(sum * unit) + 0);
      units.forEach((value, i) => {
        expect(Math.abs(value - numbers[i]! * unit)).toBeLessThanOrEqual(1.000001);
      });
    }),
    { numRuns: 200 },
  );
});

test("a score has four significant digits, and its parts have as many decimals", () => {
  expect(decimalsOf(9.247)).toBe(3);
  expect([-1.6512, 10.8981].map((part) => formatSigned(part, decimalsOf(9.2469)))).toEqual([
    "−1.651",
    "+10.898",
  ]);
  expect(formatSigned(-0.0001, 3)).toBe("0.000");
});
