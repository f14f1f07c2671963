import { describe, expect, test } from "vitest";
import {
  colorIndex,
  colorScale,
  formatTick,
  heatOf,
  wholeRange,
} from "../../../src/draw/color-scale.js";

const floats = (...values: number[]): Float32Array => Float32Array.from(values);

describe("the scale", () => {
  test("of positive values is the full range, in inferno", () => {
    const scale = colorScale([floats(1, 3, 2)], undefined, wholeRange);
    expect(scale).toEqual({ colormap: "inferno", low: 1, high: 3 });
    expect([0, 1, 2, 3, 4].map((v) => colorIndex(scale, v))).toEqual([0, 0, 128, 255, 255]);
    expect([0, 1, 2, 3, 4].map((v) => heatOf(scale, v))).toEqual([0, 0, 0.5, 1, 1]);
  });

  test("of signed values is symmetric around zero, in rdbu", () => {
    const scale = colorScale([floats(-4, 1, 2)], undefined, wholeRange);
    expect(scale).toEqual({ colormap: "rdbu", low: -4, high: 4 });
    expect([-4, -2, 0, 2, 4].map((v) => colorIndex(scale, v))).toEqual([0, 64, 128, 191, 255]);
    expect([-4, -2, 0, 2, 4].map((v) => heatOf(scale, v))).toEqual([1, 0.5, 0, 0.5, 1]);
  });

  test("of positive values in rdbu is symmetric too", () => {
    expect(colorScale([floats(1, 3)], "rdbu", wholeRange)).toMatchObject({ low: -3, high: 3 });
  });

  test("of several maps covers them all", () => {
    const maps = [floats(1, 2), floats(0, 1), floats(5)];
    expect(colorScale(maps, "viridis", wholeRange)).toEqual({
      colormap: "viridis",
      low: 0,
      high: 5,
    });
    expect(colorScale([floats(-1, 2), floats(-7)], "rdbu", wholeRange)).toMatchObject({ high: 7 });
  });

  test("ends at quantiles by nearest rank", () => {
    const map = Float32Array.from({ length: 201 }, (_, i) => 200 - i);
    expect(colorScale([map], "inferno", [0.01, 0.995])).toMatchObject({ low: 2, high: 199 });
  });

  test("of a constant map has one colour and zero salience", () => {
    const scale = colorScale([floats(3, 3)]);
    expect([colorIndex(scale, 3), heatOf(scale, 3)]).toEqual([0, 0]);
    const signed = colorScale([floats(0, 0)], "rdbu");
    expect([colorIndex(signed, 0), heatOf(signed, 0)]).toEqual([128, 0]);
  });

  test("ignores non-finite values, and is empty without finite ones", () => {
    expect(colorScale([floats(NaN, 1, Infinity, 2)], "inferno", wholeRange)).toMatchObject({
      low: 1,
      high: 2,
    });
    expect(colorScale([], "inferno")).toEqual({ colormap: "inferno", low: 0, high: 0 });
  });
});

test.each([
  [0, "0"],
  [0.0683124, "0.0683"],
  [-12.345, "-12.3"],
  [470, "470"],
  [99999, "100000"],
  [123456, "1.23e+5"],
  [0.00012345, "1.23e-4"],
])("%d at the end of a scale is %s", (value, text) => {
  expect(formatTick(value)).toBe(text);
});
