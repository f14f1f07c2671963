import { createContext, runInContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { ImageError } from "../../../src/errors.js";
import { decodeImage } from "../../../src/image/codec.js";
import { colorScale } from "../../../src/draw/color-scale.js";
import { colorsOf } from "../../../src/draw/colormap.js";
import type { ComparedRow, Comparison } from "../../../src/compare/comparison.js";
import { grounds, overlay, saturation } from "../../../src/draw/overlay.js";
import type { Raster } from "../../../src/image/raster.js";
import { comparePage } from "../../../src/compare/compare-page.js";
import { pageColors, type PageColors } from "../../../src/compare/page-colors.js";
import { embedMap, toBase64, type EmbeddedMap } from "../../../src/compare/embedded-map.js";
import { jsonForScript } from "../../../src/draw/html.js";
import { float32, type Tensor } from "../../../src/tensor/tensor.js";
import { Random } from "../../support/random.js";

/** The computing part of the page's script, from the text that the browser gets. */
const script = runInContext(`(${String(pageColors)})()`, createContext({ atob })) as PageColors;

const random = new Random(7);
const numbers = (length: number, low: number, high: number): number[] =>
  Array.from({ length }, () => low + (high - low) * random.uniform());

const view: Raster = {
  width: 8,
  height: 6,
  data: Uint8Array.from(numbers(8 * 6 * 3, 0, 256), Math.floor),
};
const heat = float32([6, 8], numbers(48, 3, 9));
const signed = float32([6, 8], numbers(48, -2, 5));

const row: ComparedRow = {
  name: "cat",
  caption: ["cat.png", "0 <b>tiger</b>", "score 1"],
  view,
  maps: [
    { map: heat, file: "page.maps/a cat#1.npy" },
    { map: signed },
    { problem: 'no "layer" <here>' },
  ],
};
const comparison: Comparison = {
  title: "model & co.onnx",
  methods: [
    { name: "fullgrad", signed: false },
    { name: "lrp", signed: true },
    { name: "grad-cam", signed: false },
  ],
  rows: [row],
  notes: ["cat.png: two classes <same>"],
};

interface PageData {
  readonly maps: readonly (EmbeddedMap & {
    readonly signed: boolean;
    readonly own: readonly [number, number];
    readonly shared: readonly [number, number];
    readonly alone: boolean;
  })[];
  readonly colormaps: Readonly<Record<string, string>>;
}

function dataOf(html: string): PageData {
  const [, json = ""] = /<script type="application\/json" id="comparison">(.*?)<\/script>/s.exec(
    html,
  )!;
  return JSON.parse(json) as PageData;
}

describe("a map within a page", () => {
  test.each([
    ["of numbers above zero", heat],
    ["of both signs", signed],
    ["of great and small numbers", float32([1, 3], [1e-8, 1, 3e7])],
  ])("%s is the map again, to a 65534th of its range", (_, map: Tensor<"float32">) => {
    const values = script.decodeMap(embedMap(map));
    const range = Math.max(...map.data) - Math.min(...map.data);
    // A signed map is embedded on a range symmetric around zero, at most twice its own.
    map.data.forEach((v, i) => {
      expect(Math.abs(values[i]! - v)).toBeLessThanOrEqual((range * 2) / 131068);
    });
  });

  test("keeps zero, the least and the most number exactly", () => {
    const map = float32([1, 4], [-0.75, 0, 0.1, 3]);
    const values = script.decodeMap(embedMap(map));
    expect([values[1], values[3]]).toEqual([0, 3]);
    expect(script.decodeMap(embedMap(float32([1, 3], [0, 0.1, 7])))[0]).toBe(0);
  });

  test("of a constant is that constant", () => {
    expect([...script.decodeMap(embedMap(float32([1, 2], [2, 2])))]).toEqual([2, 2]);
  });
});

test("long byte arrays come back from base64", () => {
  const bytes = Uint8Array.from({ length: 100_001 }, (_, i) => (i * 31) % 256);
  expect(Buffer.from(toBase64(bytes), "base64").equals(bytes)).toBe(true);
  expect(Buffer.from(script.decodeBase64(toBase64(bytes))).equals(bytes)).toBe(true);
});

describe("the page's own drawing", () => {
  test.each([
    ["a map over a photograph", heat, 0.85],
    ["a signed map over a photograph", signed, 0.6],
  ])("of %s is that of an overlay", (_, map: Tensor<"float32">, opacity) => {
    const scale = colorScale([map.data]);
    const expected = overlay(view, map, { opacity, scale });
    const rgba = new Uint8Array(48 * 4).fill(255);
    for (let i = 0; i < 48; i++) rgba.set(view.data.subarray(i * 3, i * 3 + 3), i * 4);
    const pixels = script.compose(
      map.data,
      { low: scale.low, high: scale.high, diverging: scale.colormap === "rdbu" },
      colorsOf(scale.colormap),
      opacity,
      rgba,
      { saturation, grounds },
    );
    const rgb = Array.from(pixels).filter((_, i) => i % 4 !== 3);
    expect(rgb).toEqual([...expected.data]);
  });
});

describe("the page", () => {
  test("holds every map with its two scales, in the order of the methods", async () => {
    const other: ComparedRow = {
      ...row,
      maps: [{ map: float32([1, 2], [0, 99]) }, ...row.maps.slice(1)],
    };
    const { maps } = dataOf(await comparePage({ ...comparison, rows: [row, other] }));
    expect(maps.map((m) => [m.height, m.width, m.signed])).toEqual([
      [6, 8, false],
      [6, 8, true],
      [1, 2, false],
      [6, 8, true],
    ]);
    expect(maps[0]!.shared).toEqual([0, 99]);
    expect(maps[2]!.own).toEqual([0, 99]);
    expect(maps[0]!.own[0]).toBeCloseTo(Math.min(...heat.data), 5);
    expect(maps[1]!.own[0]).toBe(-maps[1]!.own[1]);
  });

  test("holds the image as the network sees it", async () => {
    const html = await comparePage(comparison);
    const [, png = ""] = /src="data:image\/png;base64,([^"]+)"/.exec(html)!;
    const picture = await decodeImage(Buffer.from(png, "base64"), "the image");
    expect(picture).toEqual(view);
  });

  test("needs nothing from anywhere else", async () => {
    const html = await comparePage(comparison);
    expect(html).toContain(`default-src 'none'`);
    expect(html.match(/(?:src|href)="[^"]*"/g)!.map((link) => link.slice(0, 22))).toEqual([
      'src="data:image/png;ba',
      'href="page.maps/a%20ca',
    ]);
    expect(html).not.toMatch(/https?:|@import|url\(/);
  });

  test("links the raw arrays by names that an address can hold", async () => {
    expect(await comparePage(comparison)).toContain('href="page.maps/a%20cat%231.npy"');
  });

  test("shows names as they are, whatever they hold", async () => {
    const html = await comparePage({ ...comparison, title: `</script><img src=x>` });
    expect(html).toContain("&lt;/script&gt;&lt;img src=x&gt;");
    expect(html).toContain("0 &lt;b&gt;tiger&lt;/b&gt;");
    expect(html).toContain("no &quot;layer&quot; &lt;here&gt;");
    expect(html).toContain("two classes &lt;same&gt;");
    expect(html.match(/<script/g)).toHaveLength(2);
    const text = jsonForScript({ name: "</script><!--" });
    expect(text).not.toContain("<");
    expect(JSON.parse(text)).toEqual({ name: "</script><!--" });
  });

  test("says why a map is missing", async () => {
    const bad = { map: float32([1, 2], [NaN, 1]) };
    const html = await comparePage({ ...comparison, rows: [{ ...row, maps: [bad, bad, bad] }] });
    expect(
      html.match(/class="problem">the map has the value NaN at row 0, column 0/g),
    ).toHaveLength(3);
  });

  test("has for each canvas a name, and a stop for the Tab key", async () => {
    const html = await comparePage(comparison);
    const canvases = html.match(/<canvas[^>]*data-map[^>]*>/g)!;
    expect(canvases).toHaveLength(2);
    for (const canvas of canvases) {
      expect(canvas).toContain('tabindex="0"');
      expect(canvas).toMatch(/aria-label="(fullgrad|lrp), cat\.png, /);
    }
  });

  test("of a gallery links its other pages", async () => {
    const gallery = { files: ["a-001.html", "a-002.html", "a-003.html"], at: 1 };
    const html = await comparePage(comparison, { gallery });
    expect(html.match(/href="a-00\d\.html"/g)).toHaveLength(4); // above and below
    expect(html).toContain('<span aria-current="page">2</span>');
  });

  test("shows the parts of a score by depth, with their maps alone", async () => {
    const parts = [
      { name: "input", op: "", value: -1, map: float32([1, 2], [-2, 1]) },
      { name: "conv<1>", op: "Conv", value: 3, map: float32([1, 1], [3]) },
      { name: "fc", op: "Gemm", value: 0.5 },
    ];
    const html = await comparePage({
      ...comparison,
      rows: [{ ...row, layers: { output: 2.5, parts } }],
    });
    expect(html.match(/<rect class="(for|against|total)"/g)).toEqual([
      '<rect class="against"',
      '<rect class="for"',
      '<rect class="for"',
      '<rect class="total"',
    ]);
    const widths = Array.from(html.matchAll(/<rect[^>]* width="([\d.]+)"/g), ([, w]) => Number(w));
    expect(widths[1]! / widths[0]!).toBeCloseTo(3, 1);
    expect(html).toContain("conv&lt;1&gt;");
    const { maps } = dataOf(html);
    expect(maps.filter((m) => m.alone).map((m) => [...script.decodeMap(m)])).toEqual([
      [-2, 1].map((v) => expect.closeTo(v, 4) as number),
      [3],
    ]);
  });

  test("larger than a browser can bear is refused", async () => {
    const big = float32([4000, 4000], new Float32Array(16e6));
    const maps = Array.from({ length: 3 }, () => ({ map: big }));
    await expect(comparePage({ ...comparison, rows: [{ ...row, maps }] })).rejects.toThrow(
      ImageError,
    );
  });
});
