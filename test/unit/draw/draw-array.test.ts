import { describe, expect, test } from "vitest";
import { ImageError } from "../../../src/errors.js";
import { drawArray, type Drawings } from "../../../src/draw/draw-array.js";
import type { Raster } from "../../../src/image/raster.js";
import { roundTicks } from "../../../src/draw/ticks.js";
import { framesOf, peakOf } from "../../../src/draw/volume.js";
import { float32 } from "../../../src/tensor/tensor.js";

/** The ends of inferno. */
const [lowest, highest] = [
  [0, 0, 4],
  [252, 255, 164],
];

const pixel = ({ width, data }: Raster, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

/** A digest of a picture, for fast comparison. */
const bytes = ({ heatmap, overlay }: Drawings): string =>
  [heatmap, overlay].map((r) => r && Buffer.from(r.data).toString("base64")).join(" ");

const zeros = (length: number, one: number): Float32Array => {
  const values = new Float32Array(length);
  values[one] = 1;
  return values;
};

const onTwo = (layout: string) => ({ layout, channels: 1, spatial: [2, 3] });
const onThree = (layout: string) => ({ layout, channels: 1, spatial: [2, 3, 4] });

/** Origin of the plots in a chart, as in chart-canvas.ts. */
const [left, top] = [62, 8];

describe("a signal", () => {
  const axes = { layout: "NCL", channels: 1, spatial: [2] };

  test("is a curve, coloured where the map is high and grey elsewhere", () => {
    // Flat, so in the middle of a plot of 880 x 220; sample 2 of 5 lies in the middle of its width.
    const flat = { x: float32([1, 1, 5], [7, 7, 7, 7, 7]), axes };
    const { overlay } = drawArray(float32([5], zeros(5, 2)), flat);
    // Up to antialiasing.
    const hot = pixel(overlay!, left + 440, top + 110);
    expect(Math.max(...hot.map((v, c) => Math.abs(v - highest[c]!)))).toBeLessThan(10);
    const [red, green, blue] = pixel(overlay!, left + 40, top + 110);
    expect(Math.max(red!, green!, blue!) - Math.min(red!, green!, blue!)).toBeLessThanOrEqual(5);
    expect(red).toBeGreaterThan(80);
    // Background away from the curve.
    expect(pixel(overlay!, left + 440, top + 20)).toEqual([24, 24, 28]);
  });

  test("rises to the right for increasing values", () => {
    const rising = { x: float32([1, 1, 3], [0, 1, 2]), axes };
    const { overlay } = drawArray(float32([3], [1, 1, 1]), rising, { colormap: "rdbu" });
    const rowOf = (x: number) => {
      const rows = Array.from({ length: 220 }, (_, y) => pixel(overlay!, left + x, top + y));
      return rows.findIndex(([red, green]) => Math.abs(red! - green!) > 30);
    };
    // Cells of 880 / 3: the samples lie at 147, 440 and 733; the range has 8 % of room at both ends.
    const expected = [147, 440, 733].map((_, i) => ((2 + 0.16 - i) / 2.32) * 220);
    [147, 440, 733].forEach((x, i) => {
      expect(Math.abs(rowOf(x) - expected[i]!)).toBeLessThan(4);
    });
  });

  test("has one plot per channel, at most twelve", () => {
    const heights = [1, 2, 12, 13].map((channels) => {
      const x = float32([1, channels, 4], new Float32Array(channels * 4));
      return drawArray(float32([4], zeros(4, 0)), { x, axes }).overlay!.height;
    });
    expect(heights[1]! - heights[0]!).toBe(2 * 130 + 10 - 220);
    expect(heights[3]).toBe(heights[2]);
  });

  test("longer than the plot width still shows a single peak", () => {
    const length = 100_000;
    const x = float32([1, 1, length], new Float32Array(length));
    const { heatmap } = drawArray(float32([length], zeros(length, 50_010)), { x, axes });
    expect(pixel(heatmap!, left + 440, top + 40)).toEqual(highest);
    expect(pixel(heatmap!, left + 430, top + 40)).toEqual(lowest);
  });
});

describe("a spectrogram", () => {
  // [F,T] of 2 x 3: the highest frequency of the last time step.
  const map = float32([2, 3], zeros(6, 5));
  const x = float32([1, 1, 2, 3], [0, 0, 0, 0, 0, 1]);
  const plot = { width: 480, height: 200 };

  test("has time to the right and frequency upward", () => {
    const { heatmap } = drawArray(map, { x, axes: onTwo("NCFT") });
    expect(pixel(heatmap!, left + plot.width - 1, top)).toEqual(highest);
    expect(pixel(heatmap!, left, top)).toEqual(lowest);
    expect(pixel(heatmap!, left + plot.width - 1, top + plot.height - 1)).toEqual(lowest);
  });

  test("is the same with time before frequency", () => {
    const turned = float32([3, 2], [0, 0, 0, 0, 0, 1]);
    const other = {
      x: float32([1, 3, 2], [0, 0, 0, 0, 0, 1]),
      axes: { layout: "NTF", channels: undefined, spatial: [1, 2] },
    };
    const drawn = drawArray(turned, other);
    expect(bytes(drawn)).toBe(bytes(drawArray(map, { x, axes: onTwo("NCFT") })));
  });

  test("is drawn in grey under its map", () => {
    const { overlay } = drawArray(float32([2, 3], new Float32Array(6)), { x, axes: onTwo("NCFT") });
    const [red, green, blue] = pixel(overlay!, left + plot.width - 1, top);
    // White, at the 0.8 of photographs under inferno.
    expect([red, green, blue]).toEqual([204, 204, 204]);
    expect(pixel(overlay!, left, top)).toEqual([0, 0, 0]);
  });
});

test("two image axes: the heat map has the map's own size; a single-channel input is drawn in grey below the overlay", () => {
  const map = float32([2, 3], zeros(6, 5));
  const grey = drawArray(map, {
    x: float32([1, 1, 2, 3], [0, 0, 0, 9, 0, 0]),
    axes: onTwo("NCHW"),
  });
  expect([grey.heatmap!.width, grey.heatmap!.height]).toEqual([3, 2]);
  expect(pixel(grey.overlay!, 0, 1)).toEqual([204, 204, 204]);
  const colored = drawArray(map, {
    x: float32([1, 3, 2, 3], new Float32Array(18)),
    axes: onTwo("NCHW"),
  });
  expect(colored).toEqual({ heatmap: grey.heatmap });
});

describe("a video", () => {
  test("shows at most eight frames, from the first to the last", () => {
    expect(framesOf(16, 8)).toEqual([0, 2, 4, 6, 9, 11, 13, 15]);
    expect(framesOf(3, 3)).toEqual([0, 1, 2]);
    expect(framesOf(1, 1)).toEqual([0]);
  });

  test("has its frames in rows of four, the map over each", () => {
    // Five frames of 2 x 2, zoomed 128 times; the last is alone in the second row.
    const map = float32([5, 2, 2], zeros(20, 16));
    const x = float32([1, 1, 5, 2, 2], new Float32Array(20));
    const { heatmap } = drawArray(map, { x, axes: onThree("NCTHW") });
    const [column, row] = [256 + 12, 256 + 18 + 12];
    expect(heatmap!.width).toBe(12 + 4 * column - 12 + 12);
    const inFrame = (t: number, down: number, across: number) =>
      pixel(
        heatmap!,
        12 + (t % 4) * column + across * 128 + 64,
        12 + 18 + Math.floor(t / 4) * row + down * 128 + 64,
      );
    expect(inFrame(4, 0, 0)).toEqual(highest);
    expect(inFrame(4, 0, 1)).toEqual(lowest);
    expect(inFrame(0, 0, 0)).toEqual(lowest);
  });

  test("is the same whether its channels come first or last", () => {
    const map = float32([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    const first = float32(
      [1, 2, 2, 2, 2],
      Array.from({ length: 16 }, (_, i) => i % 7),
    );
    const last = float32(
      [1, 2, 2, 2, 2],
      Array.from({ length: 16 }, (_, i) => first.data[(i % 2) * 8 + Math.floor(i / 2)]!),
    );
    const axes = { layout: "NTHWC", channels: 4, spatial: [1, 2, 3] };
    const drawn = drawArray(map, { x: last, axes });
    expect(bytes(drawn)).toBe(bytes(drawArray(map, { x: first, axes: onThree("NCTHW") })));
  });
});

describe("a volume", () => {
  test("is cut at the largest absolute value of its map", () => {
    const data = Float32Array.from({ length: 24 }, (_, i) => (i === 23 ? -5 : i / 10));
    expect(peakOf({ dims: [2, 3, 4], data })).toEqual([1, 2, 3]);
  });

  test("has three sections through that position", () => {
    const map = float32([2, 3, 4], zeros(24, 1 * 12 + 2 * 4 + 3));
    const x = float32([1, 1, 2, 3, 4], new Float32Array(24));
    const { heatmap } = drawArray(map, { x, axes: onThree("NCDHW") });
    const column = 256 + 12;
    // [H,W], [D,W] and [D,H], 64 pixels a number; beside the place's own marks.
    const inCut = (cut: number, row: number, at: number) =>
      pixel(heatmap!, 12 + cut * column + at * 64 + 40, 12 + 18 + row * 64 + 40);
    expect([inCut(0, 2, 3), inCut(1, 1, 3), inCut(2, 1, 2)]).toEqual([highest, highest, highest]);
    expect([inCut(0, 0, 3), inCut(1, 0, 3), inCut(2, 1, 0)]).toEqual([lowest, lowest, lowest]);
  });
});

test.each([
  [[3], "NCL", [2]],
  [[1, 3], "NCFT", [2, 3]],
  [[1, 3, 1], "NCDHW", [2, 3, 4]],
  [[1, 3, 1], "NCTHW", [2, 3, 4]],
] as const)("a map %j that is not finite is refused, with the place", (dims, layout, spatial) => {
  const x = float32([1, 1, ...dims], [0, 0, 0]);
  const map = float32(dims, [0, NaN, 0]);
  const draw = () => drawArray(map, { x, axes: { layout, channels: 1, spatial } });
  expect(draw).toThrow(ImageError);
  expect(draw).toThrow(/the map has the value NaN at \[/);
});

test("a map of rank 0 or above 3 is not drawn", () => {
  const axes = { layout: "NC", channels: 1, spatial: [] };
  expect(drawArray(float32([], [1]), { x: float32([1, 4], [1, 2, 3, 4]), axes })).toEqual({});
  const four = { layout: "NCTDHW", channels: 1, spatial: [2, 3, 4, 5] };
  const x = float32([1, 1, 1, 1, 1, 1], [1]);
  expect(drawArray(float32([1, 1, 1, 1], [1]), { x, axes: four })).toEqual({});
});

test.each([
  [
    [0, 1249, 9, 1],
    [0, 200, 400, 600, 800, 1000, 1200],
  ],
  [
    [0, 4, 9, 1],
    [0, 1, 2, 3, 4],
  ],
  [
    [-0.25, 1, 5, 0],
    [0, 0.5, 1],
  ],
  [
    [0.1, 0.45, 4, 0],
    [0.1, 0.2, 0.3, 0.4],
  ],
  [[3, 3, 5, 0], [3]],
] as const)("round numbers of %j", ([low, high, most, least], expected) => {
  expect(roundTicks(low, high, most, least)).toEqual(expected);
});
