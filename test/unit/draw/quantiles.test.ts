import fc from "fast-check";
import { expect, it } from "vitest";
import { quantilesOf, type Quantiles } from "../../../src/draw/quantiles.js";

/** All of them sorted. */
function sortedQuantiles(values: Float32Array, quantiles: Quantiles): number[] {
  const sorted = values.filter(Number.isFinite).sort();
  return quantiles.map((q) => sorted[Math.round(q * (sorted.length - 1))] ?? 0);
}

it("quantiles are those of the sorted numbers, whatever the numbers are", () => {
  const values = fc.float32Array({ maxLength: 200 });
  const close = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 200 }).map((list) => {
    return Float32Array.from(list, (v) => 1 + v * 2 ** -23);
  });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.oneof(values, close), fc.tuple(share, share), (numbers, quantiles) => {
      expect(quantilesOf(numbers, quantiles)).toEqual(sortedQuantiles(numbers, quantiles));
    }),
  );
});
