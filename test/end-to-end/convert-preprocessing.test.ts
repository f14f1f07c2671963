import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { emitOverlay } from "../../converters/onnx/emit-overlay.js";
import { emitPreprocessing, pictureSize } from "../../converters/onnx/fold-preprocessing.js";
import { decodeImage } from "../../src/image/codec.js";
import { overlay } from "../../src/draw/overlay.js";
import {
  fitTo,
  preprocess,
  presets,
  viewOf,
  type Preprocessing,
} from "../../src/image/preprocess.js";
import type { Raster } from "../../src/image/raster.js";
import type { Resample } from "../../src/image/resample.js";
import { load } from "../../src/model/load.js";
import { GraphBuilder } from "../../src/onnx/builder.js";
import type { TypedGraph } from "../../src/onnx/ir.js";
import { encodeModel } from "../../src/onnx/file/encode.js";
import { writeModel } from "../../src/onnx/export.js";
import { registry } from "../../src/ops/all.js";
import { sliceBatch } from "../../src/tensor/batches.js";
import { float32, tensor, toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { convert } from "../support/converted.js";
import { relativeMaximum } from "../support/compare.js";
import { runModel } from "../support/run-model.js";
import { efficientNet, fixture } from "./cli-harness.js";
import { twoClasses } from "./cli-models.js";

const picture = async (name: string): Promise<Raster> =>
  decodeImage(readFileSync(fixture("images", name)), name);

/** The left upper part of a picture. */
function cut({ width, data }: Raster, toWidth: number, toHeight: number): Raster {
  const part = new Uint8Array(toWidth * toHeight * 3);
  for (let y = 0; y < toHeight; y++) {
    part.set(data.subarray(y * width * 3, (y * width + toWidth) * 3), y * toWidth * 3);
  }
  return { width: toWidth, height: toHeight, data: part };
}

/** Pictures of one size as a network that takes bytes wants them: [N,H,W,3]. */
function bytesOf(...rasters: readonly Raster[]): Tensor {
  const [{ height, width }] = rasters as readonly [Raster];
  const data = rasters.flatMap((r) => [...r.data]);
  return tensor("uint8", [rasters.length, height, width, 3], Uint8Array.from(data));
}

const empty: TypedGraph = {
  ...{ name: "picture", inputs: [], outputs: [], nodes: [], constants: new Map() },
  ...{ facts: new Map(), metadata: new Map(), opsets: new Map([["", 18]]) },
};

/** The preprocessing alone, as a model file. */
function preprocessor(settings: Preprocessing, height: number, width: number): Uint8Array {
  const b = GraphBuilder.on(empty, registry.infer);
  const size = pictureSize(settings, { height, width });
  const image = b.input("image", { dtype: "uint8", shape: ["N", ...size, 3] });
  const { x, view } = emitPreprocessing(b.within("preprocess"), image, settings, { height, width });
  return writeModel(
    b.build([
      { name: "x", value: x },
      { name: "view", value: view },
    ]),
  );
}

/** How many numbers differ from those that `preprocess` and `viewOf` give. */
async function differences(
  raster: Raster,
  settings: Preprocessing,
  height: number,
  width: number,
): Promise<{ x: number; view: number }> {
  const file = preprocessor(settings, height, width);
  const results = await runModel(file, new Map([["image", bytesOf(raster)]]));
  const count = (t: Tensor, wanted: ArrayLike<number>): number => {
    const numbers = toNumbers(t);
    expect(numbers.length).toBe(wanted.length);
    return Array.from(wanted).filter((v, i) => v !== numbers[i]).length;
  };
  return {
    x: count(results.get("x")!, preprocess(raster, settings).data),
    view: count(results.get("view")!, viewOf(raster, settings).data),
  };
}

const none = { x: 0, view: 0 };

describe("preprocessing inside the file equals explain's, which is bytewise Pillow's", () => {
  const filters: readonly Resample[] = [
    ...(["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"] as const),
  ];
  const sizes = [
    [451, 300],
    [57, 300],
    [300, 41],
    [31, 17],
    [224, 256],
    [1, 1],
  ] as const;

  test.each(filters)("%s: shortest edge and crop, shrinking and enlarging", async (resample) => {
    const chelsea = await picture("chelsea.png");
    for (const [width, height] of sizes) {
      const settings = fitTo({ ...presets.imagenet, resample }, 56, 56);
      const found = await differences(cut(chelsea, width, height), settings, 56, 56);
      expect(found, `${width}x${height}`).toEqual(none);
    }
  });

  test.each(filters)("%s: to a fixed size, without regard to the shape", async (resample) => {
    const coffee = await picture("coffee.png");
    const settings = { ...presets.none, resample, resize: { height: 61, width: 90 } };
    for (const [width, height] of sizes) {
      const found = await differences(cut(coffee, width, height), settings, 61, 90);
      expect(found, `${width}x${height}`).toEqual(none);
    }
  });

  test("a crop of what is larger, smaller, or both, with odd and even rests", async () => {
    const chelsea = await picture("chelsea.png");
    const settings = { ...presets.none, crop: { height: 24, width: 31 } };
    for (const width of [20, 21, 31, 32, 33, 34, 35, 36]) {
      for (const height of [13, 24, 25, 27]) {
        const found = await differences(cut(chelsea, width, height), settings, 24, 31);
        expect(found, `${width}x${height}`).toEqual(none);
      }
    }
  });

  test("a resize that is smaller than its crop has black around it", async () => {
    const chelsea = await picture("chelsea.png");
    for (const edge of [20, 31, 40]) {
      const resize = { shortestEdge: edge };
      const settings = { ...presets.imagenet, resize, crop: { height: 37, width: 37 } };
      expect(await differences(cut(chelsea, 100, 57), settings, 37, 37)).toEqual(none);
    }
  });

  test.each(["bgr", "luma"] as const)("channels in %s", async (channels) => {
    const depth = channels === "luma" ? 1 : 3;
    const [mean, std] = [
      [0.4, 0.5, 0.6],
      [0.2, 0.3, 0.4],
    ].map((list) => list.slice(0, depth));
    const settings = { ...presets.imagenet, channels, mean: mean!, std: std! };
    const chelsea = await picture("chelsea.png");
    const fitted = fitTo(settings, 64, 64);
    expect(await differences(chelsea, fitted, 64, 64)).toEqual(none);
  });

  test("a scale that is not one over a whole number is right to the last bit or two", async () => {
    const settings = { ...presets.none, rescale: 0.0173 };
    const chelsea = cut(await picture("chelsea.png"), 40, 30);
    const file = preprocessor(settings, 30, 40);
    const results = await runModel(file, new Map([["image", bytesOf(chelsea)]]));
    const wanted = preprocess(chelsea, settings);
    expect(relativeMaximum(results.get("x")!, wanted)).toBeLessThan(2e-7);
  });
});

describe("a file that takes pictures", () => {
  test("explains each of a batch as explain does, and draws its overlay", async () => {
    const rasters = [await picture("chelsea.png"), cut(await picture("coffee.png"), 451, 300)];
    const model = await load(efficientNet);
    const settings = model.fit("imagenet");
    const file = convert(model, { preprocessing: settings, format: "overlay" });
    expect(file.graph.inputs).toEqual([
      { name: "image", fact: { dtype: "uint8", shape: ["batch", "height", "width", 3] } },
    ]);
    const results = await file.run(new Map([["image", bytesOf(...rasters)]]));
    expect([...results.keys()]).toEqual([
      ...["overlay", "saliency", "logits", "target", "completeness"],
    ]);
    for (const [n, raster] of rasters.entries()) {
      const { map } = await model.explain(await model.preprocess(raster, settings));
      const found = sliceBatch(results.get("saliency")!, [n]);
      expect(relativeMaximum(found, map)).toBeLessThan(1e-5);
      const drawn = overlay(viewOf(raster, settings), float32([224, 224], toNumbers(found)));
      const pixels = sliceBatch(results.get("overlay")!, [n]);
      const off = Array.from(toNumbers(pixels), (v, i) => Math.abs(v - drawn.data[i]!));
      // Where the share of colour falls between two of the 256, single precision may take the other one.
      expect(off.filter((d) => d > 0).length).toBeLessThan(off.length / 1000);
      expect(off.filter((d) => d > 8)).toEqual([]);
    }
  });

  test.each([
    ["no differences", [[0.25]]],
    ["zeros alone", [[0]]],
    ["numbers of both signs", [[-3, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 7]]],
    ["a few negative numbers", [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1]]],
    [
      "negative numbers in one sample of two",
      [
        [1, 2, 3, 4],
        [-1, 2, 3, -4],
      ],
    ],
  ])("draws a map with %s as explain does", async (_, samples) => {
    const b = GraphBuilder.on(empty, registry.infer);
    const map = b.input("map", { dtype: "float32", shape: ["N", 1, 5, 4] });
    const view = b.input("view", { dtype: "float32", shape: ["N", 5, 4, 3] });
    const value = emitOverlay(b, map, view, true);
    const file = writeModel(b.build([{ name: "rgb", value }]));
    const levels = Array.from({ length: 60 }, (_, i) => (i * 37) % 256);
    const maps = samples.map((s) => Array.from({ length: 20 }, (_, i) => s[i % s.length]!));
    const count = samples.length;
    const feeds = new Map([
      ["map", float32([count, 1, 5, 4], maps.flat())],
      [
        "view",
        float32(
          [count, 5, 4, 3],
          samples.flatMap(() => levels),
        ),
      ],
    ]);
    const rgb = Array.from(toNumbers((await runModel(file, feeds)).get("rgb")!));
    const raster = { width: 4, height: 5, data: Uint8Array.from(levels) };
    expect(rgb).toEqual(maps.flatMap((m) => [...overlay(raster, float32([5, 4], m)).data]));
  });

  test("fits the settings to the size that the model has", async () => {
    const model = await load(encodeModel(twoClasses({ size: [9, 7] })));
    const raster = cut(await picture("coffee.png"), 90, 50);
    const file = convert(model, { preprocessing: presets.imagenet, target: 0 });
    const results = await file.run(new Map([["image", bytesOf(raster)]]));
    const { map } = await model.explain(await model.preprocess(raster), { target: 0 });
    expect(relativeMaximum(results.get("saliency")!, map)).toBeLessThan(1e-5);
  });
});
