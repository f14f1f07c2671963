import { describe, expect, test } from "vitest";
import { ImageError } from "../../../src/errors.js";
import type { Comparison, ComparedRow } from "../../../src/compare/comparison.js";
import { fitPicture } from "../../../src/compare/fit-picture.js";
import { barHeight, gap, margin, near, sheetLayout } from "../../../src/draw/sheet-layout.js";
import { montage } from "../../../src/compare/montage.js";
import type { Raster } from "../../../src/image/raster.js";
import { lineHeight } from "../../../src/draw/text.js";
import { float32 } from "../../../src/tensor/tensor.js";

const view: Raster = { width: 2, height: 2, data: new Uint8Array(12).fill(100) };

function row(...maps: (readonly number[] | string)[]): ComparedRow {
  return {
    name: "a",
    caption: ["a", "0"],
    view,
    maps: maps.map((m) => (typeof m === "string" ? { problem: m } : { map: float32([2, 2], m) })),
  };
}

function comparison(rows: readonly ComparedRow[], ...signs: boolean[]): Comparison {
  return { title: "t", methods: signs.map((signed, i) => ({ name: `m${i}`, signed })), rows };
}

const pixel = ({ width, data }: Raster, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

describe("the layout", () => {
  const base = { methods: 3, rows: 2, captionLines: 2, cell: 100, shared: false };

  test("of one band, worked out by hand", () => {
    const layout = sheetLayout(base);
    // The title, then the headings, then for each image: a picture, and two lines or a bar with its numbers.
    const band = margin + lineHeight + gap;
    const heading = lineHeight + near;
    const rowHeight = 100 + near + 2 * lineHeight + gap;
    expect(layout.width).toBe(margin + 4 * 100 + 3 * gap + margin);
    expect(layout.bands).toHaveLength(1);
    expect(layout.bands[0]).toMatchObject({ columns: [0, 1, 2], top: band });
    expect(layout.rowAt(layout.bands[0]!, 1)).toBe(band + heading + rowHeight);
    expect(layout.columnAt(3)).toBe(margin + 3 * (100 + gap));
    expect(layout.height).toBe(band + heading + 2 * rowHeight + gap + lineHeight + margin);
  });

  test("of many methods goes on below, evenly", () => {
    const columnsOf = (methods: number): number[] =>
      sheetLayout({ ...base, methods }).bands.map((band) => band.columns.length);
    expect([8, 9, 17, 27].map(columnsOf)).toEqual([[8], [5, 4], [6, 6, 5], [7, 7, 7, 6]]);
    const all = sheetLayout({ ...base, methods: 27 }).bands.flatMap((band) => band.columns);
    expect(all).toEqual(Array.from({ length: 27 }, (_, i) => i));
  });

  test("never lets two parts overlap", () => {
    for (const shared of [false, true]) {
      const layout = sheetLayout({ ...base, methods: 9, shared });
      const [first, second] = layout.bands;
      const bar = shared ? near + barHeight + lineHeight : 0;
      expect(first!.foot).toBeGreaterThanOrEqual(layout.rowAt(first!, 1) + 100 + 2 * lineHeight);
      expect(second!.top).toBeGreaterThanOrEqual(first!.foot + bar);
      expect(layout.height).toBeGreaterThanOrEqual(second!.foot + bar + lineHeight + margin);
    }
  });
});

describe("a montage", () => {
  const layout = sheetLayout({ methods: 2, rows: 1, captionLines: 2, cell: 64, shared: false });
  const y = layout.rowAt(layout.bands[0]!, 0);

  test("shows the image first, then each map, each on its own scale", () => {
    const sheet = montage(comparison([row([0, 1, 2, 3], [-2, 0, 0, 1])], false, true), {
      cell: 64,
      photograph: false,
    });
    expect([sheet.width, sheet.height]).toEqual([layout.width, layout.height]);
    expect(pixel(sheet, layout.columnAt(0) + 5, y + 5)).toEqual([100, 100, 100]);
    // A 2 x 2 map in 64 pixels: each number is a square of 32.
    const [first, second] = [layout.columnAt(1), layout.columnAt(2)];
    expect(pixel(sheet, first + 31, y + 31)).toEqual([0, 0, 4]);
    expect(pixel(sheet, first + 32, y + 32)).toEqual([252, 255, 164]);
    // −2 is the last blue; 0 is white; +1 is half way to the last red: index 191 of rdbu.
    expect(pixel(sheet, second, y)).toEqual([5, 48, 97]);
    expect(pixel(sheet, second + 32, y)).toEqual([247, 246, 246]);
    const [red, green, blue] = pixel(sheet, second + 32, y + 32);
    expect(red! - Math.max(green!, blue!)).toBeGreaterThan(60);
  });

  test("has a colour bar below each map that runs through all colours", () => {
    const sheet = montage(comparison([row([0, 1, 2, 3], [0, 1, 2, 3])], false, false), {
      cell: 64,
      colormap: "viridis",
    });
    const [x, below] = [layout.columnAt(2), y + 64 + near];
    expect(pixel(sheet, x, below)).toEqual([68, 1, 84]);
    expect(pixel(sheet, x + 63, below + barHeight - 1)).toEqual([253, 231, 37]);
    expect(pixel(sheet, x, below - 1)).toEqual([255, 255, 255]);
  });

  test("draws maps over the image, which stays where there is no heat", () => {
    const sheet = montage(comparison([row([0, 0, 0, 3], [1, 1, 1, 1])], false, false), {
      cell: 64,
    });
    expect(pixel(sheet, layout.columnAt(1), y)).toEqual([80, 80, 80]);
    expect(pixel(sheet, layout.columnAt(1) + 40, y + 40)).not.toEqual([80, 80, 80]);
  });

  test("with a shared scale colours the same number alike, whatever image it is in", () => {
    const rows = [row([0, 1, 1, 1]), row([0, 1, 2, 4])];
    const options = { cell: 64, photograph: false } as const;
    const at = (scale: "own" | "shared"): number[][] => {
      const place = sheetLayout({
        ...{ methods: 1, rows: 2, captionLines: 2, cell: 64 },
        shared: scale === "shared",
      });
      const sheet = montage(comparison(rows, false), { ...options, scale });
      return [0, 1].map((r) =>
        pixel(sheet, place.columnAt(1) + 40, place.rowAt(place.bands[0]!, r) + 5),
      );
    };
    const [own, ownOther] = at("own");
    expect(own).not.toEqual(ownOther);
    const [shared, sharedOther] = at("shared");
    expect(shared).toEqual(sharedOther);
  });

  test("says why a map is missing, and goes on", () => {
    const sheet = montage(
      comparison([row("no layer has positions", [NaN, 0, 0, 1])], false, false),
      {
        cell: 64,
      },
    );
    for (const column of [1, 2]) {
      expect(pixel(sheet, layout.columnAt(column), y + 63)).toEqual([236, 236, 236]);
    }
  });

  test("larger than a picture may be is refused", () => {
    const rows = Array.from({ length: 200 }, () => row([0, 1, 2, 3]));
    expect(() => montage(comparison(rows, false), { cell: 1000 })).toThrow(ImageError);
  });
});

test.each([
  [
    [8, 8],
    [176, 176],
  ],
  [
    [100, 50],
    [176, 88],
  ],
  [
    [300, 400],
    [132, 176],
  ],
  [
    [60, 60],
    [120, 120],
  ],
] as const)("a picture of %j on a cell of 176 is %j", ([width, height], wanted) => {
  const fitted = fitPicture({ width, height, data: new Uint8Array(width * height * 3) }, 176);
  expect([fitted.width, fitted.height]).toEqual(wanted);
});
