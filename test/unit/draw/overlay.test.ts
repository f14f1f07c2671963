import { describe, expect, test } from "vitest";
import { ImageError } from "../../../src/errors.js";
import { heatmap, overlay } from "../../../src/draw/overlay.js";
import { float32 } from "../../../src/tensor/tensor.js";

const luma = (rgb: ArrayLike<number>, i: number) =>
  0.2126 * rgb[i]! + 0.7152 * rgb[i + 1]! + 0.0722 * rgb[i + 2]!;

const grey = { width: 8, height: 8, data: new Uint8Array(8 * 8 * 3).fill(100) };
const ramp = float32(
  [1, 1, 8, 8],
  Array.from({ length: 64 }, (_, i) => i),
);

describe("heatmap", () => {
  test("colours from the minimum to the maximum", () => {
    const { width, height, data } = heatmap(float32([1, 2], [3, 5]));
    expect([width, height, ...data]).toEqual([2, 1, 0, 0, 4, 252, 255, 164]);
  });

  test("is symmetric around zero for a signed map: blue, white, red", () => {
    const { data } = heatmap(float32([1, 3], [-5, 0, 3]));
    expect([...data.slice(0, 6)]).toEqual([5, 48, 97, 247, 246, 246]);
    expect(data[6]! - Math.max(data[7]!, data[8]!)).toBeGreaterThan(60);
    const asked = heatmap(float32([1, 2], [-3, 5]), { colormap: "inferno" });
    expect([...asked.data]).toEqual([0, 0, 4, 252, 255, 164]);
  });

  test("shows a constant map in the lowest colour", () => {
    expect([...heatmap(float32([1, 1, 1, 2], [3, 3])).data]).toEqual([0, 0, 4, 0, 0, 4]);
  });

  test.each([NaN, Infinity, -Infinity])("rejects %d and names its position", (bad) => {
    const map = float32([2, 2], [0, 0, bad, 0]);
    expect(() => heatmap(map)).toThrow(ImageError);
    expect(() => heatmap(map)).toThrow(/at row 1, column 0/);
    expect(() => overlay(grey, map)).toThrow(ImageError);
  });

  test.each([[[4]], [[2, 1, 2]], [[2, 1, 1, 2]], [[0, 2]]])("refuses the shape %j", (dims) => {
    const size = dims.reduce((a, b) => a * b, 1);
    expect(() => heatmap(float32(dims, new Float32Array(size)))).toThrow(ImageError);
  });
});

describe("overlay", () => {
  test("leaves the photograph where the map is low and covers it where it is high", () => {
    const { data } = overlay(grey, ramp, { opacity: 1 });
    expect([...data.slice(0, 3)]).toEqual([80, 80, 80]); // dimmed
    expect([...data.slice(-3)]).toEqual([252, 255, 164]); // inferno's last
  });

  test("resamples a map of another size", () => {
    const { width, height, data } = overlay(grey, float32([2, 2], [0, 0, 0, 1]));
    expect([width, height]).toEqual([8, 8]);
    expect(luma(data, 189)).toBeGreaterThan(luma(data, 0));
  });

  test("is not darkened by an isolated peak", () => {
    const values = Array.from({ length: 4096 }, (_, i) => (i === 4095 ? 1e6 : (i % 64) / 64));
    const view = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) };
    const { data } = overlay(view, float32([64, 64], values));
    expect(luma(data, 63 * 3)).toBeGreaterThan(150);
  });

  test("shows the photograph where a signed map is zero", () => {
    const { data } = overlay(grey, float32([8, 8], [-1, 1, ...new Float32Array(62)]), {
      opacity: 1,
    });
    expect([...data.slice(0, 9)]).toEqual([5, 48, 97, 103, 0, 31, 185, 185, 185]); // faded: 255 − 0.45 · 155
  });

  test("shows only the dimmed photograph for a constant map", () => {
    expect(new Set(overlay(grey, float32([8, 8], new Float32Array(64))).data)).toEqual(
      new Set([80]),
    );
  });
});
