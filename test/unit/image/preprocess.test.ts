import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { ImageError } from "../../../src/errors.js";
import { decodeImage } from "../../../src/image/codec.js";
import { fitTo, preprocess, presets, settingsFor, viewOf } from "../../../src/image/preprocess.js";
import { parsePreprocessing } from "../../../src/image/preprocessing-file.js";
import { decodeNpy } from "../../../src/tensor/npy.js";

const folder = new URL("../../../fixtures/images/golden/", import.meta.url);
const cases = JSON.parse(readFileSync(new URL("golden.json", folder), "utf8")) as {
  name: string;
  image: string;
  settings: unknown;
  tensor: string;
}[];

/** `width` x 1 pixels with the column index as red. */
function columns(width: number) {
  return {
    width,
    height: 1,
    data: Uint8Array.from({ length: width * 3 }, (_, i) => i / 3 + 1).map((v) => Math.trunc(v)),
  };
}

const plain = presets.none;

describe("preprocess", () => {
  test.each(cases.map((c) => [c.name, c] as const))("equals torchvision: %s", async (_, c) => {
    const raster = await decodeImage(readFileSync(new URL(c.image, folder)), c.image);
    const settings = parsePreprocessing(c.settings, c.name);
    const x = preprocess(raster, settings);
    const golden = decodeNpy(readFileSync(new URL(c.tensor, folder))).data as Float32Array;
    expect(x.data.length).toBe(golden.length);
    expect(x.dims.slice(0, 2)).toEqual([1, 3]);
    const worst = x.data.reduce((max, v, i) => Math.max(max, Math.abs(v - golden[i]!)), 0);
    expect(worst).toBe(0);
  });

  test("`none` scales to [0, 1] at the picture's own size", () => {
    const x = preprocess({ width: 1, height: 1, data: Uint8Array.of(0, 51, 255) }, plain);
    expect(x.dims).toEqual([1, 3, 1, 1]);
    expect([...x.data]).toEqual([0, Math.fround(0.2), 1]);
  });

  test("`bgr` reverses the channels, with mean and std in the network's order", () => {
    const settings = { ...plain, channels: "bgr", rescale: 1, mean: [1, 2, 3] } as const;
    const x = preprocess({ width: 1, height: 1, data: Uint8Array.of(10, 20, 30) }, settings);
    expect([...x.data]).toEqual([29, 18, 7]);
  });

  test("`luma` gives one channel", () => {
    const settings = { ...fitTo(plain, 1, 1, 1), rescale: 1 };
    const x = preprocess({ width: 1, height: 1, data: Uint8Array.of(255, 0, 0) }, settings);
    expect(x.dims).toEqual([1, 1, 1, 1]);
    expect([...x.data]).toEqual([76]);
  });

  test("rejects a mean of the wrong length", () => {
    expect(() => preprocess(columns(1), { ...plain, mean: [0] })).toThrow(ImageError);
  });
});

describe("settingsFor", () => {
  it("resolves presets by name, and returns settings unchanged", () => {
    expect(settingsFor("imagenet")).toBe(presets.imagenet);
    expect(settingsFor(presets.none)).toBe(presets.none);
  });

  it.each([undefined, "imagnet", { image_mean: [0.5, 0.5, 0.5], do_resize: true }])(
    "says what settings are where it is given %j",
    (asked) => {
      const attempt = (): unknown => settingsFor(asked as never);
      expect(attempt).toThrow(ImageError);
      expect(attempt).toThrow(/imagenet or none.*parsePreprocessing/);
    },
  );
});

describe("viewOf", () => {
  // int(round((width - crop) / 2)), Python's round: 1.5 → 2, 2.5 → 2, 3.5 → 4
  test.each([
    [7, 4, [3, 4, 5, 6]],
    [9, 4, [3, 4, 5, 6]],
    [11, 4, [5, 6, 7, 8]],
    [4, 7, [0, 1, 2, 3, 4, 0, 0]],
  ])("crops %i columns to %i as torchvision does", (from, to, expected) => {
    const view = viewOf(columns(from), { ...plain, crop: { height: 1, width: to } });
    expect([...view.data.filter((_, i) => i % 3 === 0)]).toEqual(expected);
  });

  test("rounds the long side down", () => {
    const raster = { width: 451, height: 300, data: new Uint8Array(451 * 300 * 3) };
    const { width, height } = viewOf(raster, { ...plain, resize: { shortestEdge: 256 } });
    expect([width, height]).toEqual([384, 256]); // 256 · 451 / 300 = 384.85
  });

  test("rejects a sliver that would exceed the size limit", () => {
    const sliver = { width: 1, height: 100_000, data: new Uint8Array(300_000) };
    expect(() => viewOf(sliver, presets.imagenet)).toThrow(ImageError);
  });
});

describe("fitTo", () => {
  test("keeps the proportion of resize and crop", () => {
    expect(fitTo(presets.imagenet, 260, 260)).toEqual({
      ...presets.imagenet,
      resize: { shortestEdge: 297 },
      crop: { height: 260, width: 260 },
    });
    expect(fitTo(presets.imagenet, 224, 448).resize).toEqual({ shortestEdge: 512 });
  });

  test("does not change settings that fit, or that keep the picture's own size", () => {
    expect(fitTo(presets.imagenet, 224, 224)).toBe(presets.imagenet);
    expect(fitTo(plain, 224, 224)).toBe(plain);
  });

  test("resizes directly to the size without a crop", () => {
    const squashed = { ...plain, resize: { height: 10, width: 20 } };
    expect(fitTo(squashed, 32, 48).resize).toEqual({ height: 32, width: 48 });
    const shortest = fitTo({ ...plain, resize: { shortestEdge: 10 } }, 32, 48);
    expect([shortest.resize, shortest.crop]).toEqual([
      { shortestEdge: 48 },
      { height: 32, width: 48 },
    ]);
  });

  test("averages mean and std for one channel", () => {
    const { mean, std, channels } = fitTo(presets.imagenet, 224, 224, 1);
    expect(channels).toBe("luma");
    expect(mean).toEqual([expect.closeTo(0.449)]);
    expect(std).toEqual([expect.closeTo(0.226)]);
  });
});
