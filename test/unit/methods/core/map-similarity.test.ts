import { describe, expect, it } from "vitest";
import {
  mapSimilarity,
  nearlySame,
  similarPairs,
} from "../../../../src/methods/core/map-similarity.js";

describe("the similarity of two maps", () => {
  it("is Pearson's correlation", () => {
    // numpy.corrcoef([1, 2, 3, 4], [2, 1, 4, 3])[0, 1] = 0.6
    expect(mapSimilarity([1, 2, 3, 4], [2, 1, 4, 3])).toBeCloseTo(0.6, 12);
  });

  it("is 1 of maps that differ by a factor and a constant, −1 of opposite ones", () => {
    const map = [0, 5, -2, 7];
    expect(
      mapSimilarity(
        map,
        map.map((v) => 3 * v + 10),
      ),
    ).toBeCloseTo(1, 12);
    expect(
      mapSimilarity(
        map,
        map.map((v) => -v),
      ),
    ).toBeCloseTo(-1, 12);
  });

  it("of constant maps is 1 among themselves and 0 beside another", () => {
    expect(mapSimilarity([2, 2], [5, 5])).toBe(1);
    expect(mapSimilarity([2, 2], [5, 6])).toBe(0);
  });

  it("is asked of maps of one size", () => {
    expect(() => mapSimilarity([1], [1, 2])).toThrow(RangeError);
  });
});

it("pairs that are nearly the same come with their number, the most alike first", () => {
  const maps = [
    { name: "a", map: [1, 2, 3, 4, 5] },
    { name: "b", map: [5, 1, 4, 2, 3] },
    { name: "c", map: [1, 2, 3, 4, 5.5] },
    { name: "d", map: [1, 2, 3, 5, 5] },
  ];
  const pairs = similarPairs(maps);
  expect(pairs.map(({ first, second }) => first.name + second.name)).toEqual(["ac", "ad", "cd"]);
  for (const { similarity } of pairs) expect(similarity).toBeGreaterThanOrEqual(nearlySame);
  expect(pairs[0]!.similarity).toBeGreaterThan(pairs[1]!.similarity);
  expect(similarPairs(maps, 0.9999)).toEqual([]);
});
