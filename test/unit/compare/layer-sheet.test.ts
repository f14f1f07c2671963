import { describe, expect, test } from "vitest";
import type { LayerParts } from "../../../src/compare/comparison.js";
import { barScaleOf, layerSheet, placeOn } from "../../../src/compare/layer-sheet.js";
import { float32 } from "../../../src/tensor/tensor.js";

const parts: LayerParts = {
  output: 2,
  parts: [
    { name: "input", op: "", value: -1, map: float32([2, 2], [-1, 0, 0, 0]) },
    { name: "conv", op: "Conv", value: 3, map: float32([1, 1], [3]) },
    { name: "fc", op: "Gemm", value: 0 },
  ],
};

describe("the bars of a score's parts", () => {
  test("run from the most negative value to the most positive, around zero", () => {
    expect(barScaleOf(parts)).toEqual({ low: -1, high: 3 });
    expect(barScaleOf({ output: 5, parts: [] })).toEqual({ low: 0, high: 5 });
    expect([-1, 0, 1, 3].map((v) => placeOn({ low: -1, high: 3 }, v))).toEqual([0, 0.25, 0.5, 1]);
  });

  test("pass over what is not a number", () => {
    const broken = { output: NaN, parts: [{ name: "a", op: "", value: Infinity }] };
    expect(barScaleOf(broken)).toEqual({ low: 0, high: 0 });
    expect(placeOn({ low: 0, high: 0 }, NaN)).toBe(0);
  });
});

/** How many pixels of a sheet have this colour. */
function count({ data }: { readonly data: Uint8Array }, [r, g, b]: readonly number[]): number {
  let found = 0;
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] === r && data[i + 1] === g && data[i + 2] === b) found++;
  }
  return found;
}

describe("the sheet", () => {
  const row = { name: "a", caption: ["a"], maps: [] };
  // Only the bars: the parts without their maps.
  const bars = layerSheet(row, {
    ...parts,
    parts: parts.parts.map(({ name, op, value }) => ({ name, op, value })),
  });

  test("has bars as long as the values, red for what adds and blue for what takes away", () => {
    const [red, blue] = [count(bars, [178, 24, 43]), count(bars, [33, 102, 172])];
    // 3 to 1, and a zero that is seen: one pixel wide.
    expect((red - 9) / blue).toBeCloseTo(3, 1);
  });

  test("has a map for each part that has positions", () => {
    const sheet = layerSheet(row, parts);
    expect(sheet.width).toBe(bars.width);
    expect(sheet.height).toBeGreaterThan(bars.height + 112);
    // −1 in one of four squares of 56 pixels, and +3 all over 112.
    expect(count(sheet, [5, 48, 97])).toBe(56 * 56);
    expect(count(sheet, [103, 0, 31])).toBe(112 * 112);
  });
});
