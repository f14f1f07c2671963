import fc from "fast-check";
import { expect, test } from "vitest";
import { InputError } from "../../../src/errors.js";
import { Region } from "../../../src/decomposition/region.js";
import { float32 } from "../../../src/tensor/tensor.js";

const numbers = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: -50, max: 50 }), { minLength: count, maxLength: count });

test("a position that the region half covers gives half of its term", () => {
  // Two positions over four pixels; the region is pixel 1 and pixel 2.
  const region = Region.box([4], [1], [3]);
  expect(region.area).toBe(0.5);
  expect(region.shareOf(float32([2], [10, 100]))).toBe(55);
});

test("cells need not be whole pixels", () => {
  // Three positions over four pixels: pixel 1 is a third of cell 0 and two thirds of cell 1, which are 4/3 wide.
  const region = Region.box([4], [1], [2]);
  expect(region.shareOf(float32([3], [4, 40, 400]))).toBeCloseTo(4 / 4 + 40 / 2, 12);
});

test("a map at the image's own size is summed where the region is", () => {
  const region = Region.box([2, 3], [0, 1], [2, 3]);
  expect(region.shareOf(float32([2, 3], [1, 2, 3, 4, 5, 6]))).toBe(2 + 3 + 5 + 6);
});

test("shares of a region and of the rest add up to the term, for any sizes", () => {
  const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
  const extents = fc.tuple(upTo(9), upTo(9), upTo(6), upTo(6));
  const cases = extents.chain(([h, w, rows, columns]) =>
    fc.tuple(
      fc.constant([h, w]),
      fc.constant([rows, columns]),
      fc.array(fc.boolean(), { minLength: h * w, maxLength: h * w }),
      numbers(rows * columns),
    ),
  );
  fc.assert(
    fc.property(cases, ([size, positions, mask, terms]) => {
      const map = float32(positions, terms);
      const share = new Region(size, mask.map(Number)).shareOf(map);
      const rest = new Region(
        size,
        mask.map((is) => Number(!is)),
      ).shareOf(map);
      expect(share + rest).toBeCloseTo(
        terms.reduce((a, b) => a + b, 0),
        9,
      );
    }),
    { numRuns: 100 },
  );
});

test("a batch of maps has one share for each sample, and a volume one of its box", () => {
  const region = Region.box([2, 2, 2], [0, 0, 0], [1, 2, 2]);
  const maps = float32([2, 1, 2, 1, 1], [3, 5, 7, 11]);
  expect([region.shareOf(maps, 0), region.shareOf(maps, 1)]).toEqual([3, 7]);
});

test("a map of another rank is refused, and so is a mask of another size", () => {
  const region = Region.box([4, 4], [0, 0], [2, 2]);
  expect(() => region.shareOf(float32([1, 1, 4], [1, 2, 3, 4]))).toThrow(InputError);
  expect(() => new Region([4, 4], [1, 1])).toThrow(
    "a region of an image [4,4] needs 16 numbers, not 2",
  );
});
