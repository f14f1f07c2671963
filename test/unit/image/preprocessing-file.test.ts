import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/errors.js";
import { presets } from "../../../src/image/preprocess.js";
import { parsePreprocessing } from "../../../src/image/preprocessing-file.js";

const imagenetColor = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };

describe("Hugging Face files", () => {
  test("MobileNet's: shortest edge and crop", () => {
    const json = {
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      ...imagenetColor,
      image_processor_type: "MobileNetV2ImageProcessor",
      resample: 2,
      rescale_factor: 0.00392156862745098,
      size: { shortest_edge: 256 },
    };
    expect(parsePreprocessing(json, "f")).toEqual(presets.imagenet);
  });

  test("ResNet's: a bare size with crop_pct", () => {
    const json = { size: 224, crop_pct: 0.875, resample: 3, ...imagenetColor };
    const parsed = parsePreprocessing(json, "f");
    expect(parsed).toEqual({ ...presets.imagenet, resample: "bicubic" });
    expect(parsePreprocessing({ ...json, crop_pct: null }, "f")).toEqual(parsed);
  });

  test("ConvNeXt's from 384 on: squashed whole", () => {
    const parsed = parsePreprocessing(
      { size: { shortest_edge: 384 }, crop_pct: 1, ...imagenetColor },
      "f",
    );
    expect([parsed.resize, parsed.crop]).toEqual([{ height: 384, width: 384 }, undefined]);
  });

  test("EfficientNet's: divided by std twice, values from −1 with rescale_offset", () => {
    const json = {
      do_center_crop: false,
      crop_size: { height: 289, width: 289 },
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
      include_top: true,
      rescale_factor: 1 / 127.5,
      rescale_offset: true,
      resample: 0,
      size: { height: 224, width: 224 },
    };
    const parsed = parsePreprocessing(json, "f");
    expect(parsed.mean).toEqual([1.5, 1.5, 1.5]);
    expect(parsed.std).toEqual([0.25, 0.25, 0.25]);
    expect([parsed.resample, parsed.crop]).toEqual(["nearest", undefined]);
  });

  test("a bare size is a square without a crop, and the shortest edge with one", () => {
    const square = parsePreprocessing({ size: 32, ...imagenetColor }, "f");
    expect(square.resize).toEqual({ height: 32, width: 32 });
    const cropped = parsePreprocessing({ size: 36, crop_size: 32, ...imagenetColor }, "f");
    expect(cropped.resize).toEqual({ shortestEdge: 36 });
    expect(cropped.crop).toEqual({ height: 32, width: 32 });
  });

  test("disabled steps are skipped", () => {
    const json = {
      do_resize: false,
      size: 99,
      do_center_crop: false,
      crop_size: 98,
      do_rescale: false,
      do_normalize: false,
      do_flip_channel_order: true,
    };
    expect(parsePreprocessing(json, "f")).toEqual({
      resample: "bilinear",
      rescale: 1,
      mean: [0, 0, 0],
      std: [1, 1, 1],
      channels: "bgr",
    });
  });

  test("one mean means one channel", () => {
    const json = { size: 28, image_mean: [0.1307], image_std: [0.3081] };
    expect(parsePreprocessing(json, "f").channels).toBe("luma");
  });
});

describe("timm files", () => {
  const cfg = {
    input_size: [3, 260, 260],
    interpolation: "bicubic",
    crop_pct: 0.89,
    crop_mode: "center",
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  };

  test("pretrained_cfg: resize by crop_pct, rounded down", () => {
    const expected = {
      resize: { shortestEdge: 292 }, // floor(260 / 0.89)
      resample: "bicubic",
      crop: { height: 260, width: 260 },
      rescale: 1 / 255,
      mean: cfg.mean,
      std: cfg.std,
      channels: "rgb",
    };
    expect(parsePreprocessing({ architecture: "x", pretrained_cfg: cfg }, "f")).toEqual(expected);
    expect(parsePreprocessing(cfg, "f")).toEqual(expected);
  });

  test("squash resizes both sides", () => {
    const json = { ...cfg, input_size: [3, 64, 128], crop_mode: "squash", crop_pct: 1 };
    expect(parsePreprocessing(json, "f").resize).toEqual({ height: 64, width: 128 });
  });

  test.each<[string, object]>([
    ["input_size", { input_size: [3, 224] }],
    ["input_size", { input_size: [3, 64, 128] }],
    ["interpolation", { interpolation: "random" }],
    ["crop_mode", { crop_mode: "border" }],
    ["crop_pct", { crop_pct: 0 }],
    ["mean", { mean: undefined }],
    ["std", { std: [1] }],
  ])("names the field: %s", (field, change) => {
    expect(() => parsePreprocessing({ ...cfg, ...change }, "cfg.json")).toThrow(
      `cfg.json: "${field}"`,
    );
  });
});

test.each<[string, object]>([
  ["size", { size: { longest_edge: 9 } }],
  ["size", { size: { shortest_edge: 9, longest_edge: 19 } }],
  ["size", { size: -1 }],
  ["size", { do_resize: true, size: undefined }],
  ["size", { crop_pct: 0.9, size: { height: 9, width: 9 } }],
  ["crop_size", { crop_size: "big" }],
  ["crop_size", { do_center_crop: true }],
  ["resample", { resample: 9 }],
  ["resample", { resample: "cubic" }],
  ["rescale_factor", { rescale_factor: "1/255" }],
  ["image_mean", { image_mean: undefined }],
  ["image_std", { image_std: [1, 1, 0] }],
  ["image_std", { image_std: [1] }],
  ["do_resize", { do_resize: "yes" }],
  ["do_pad", { do_pad: true }],
])("names the field: %s %j", (field, change) => {
  const json = { size: 32, ...imagenetColor, ...change };
  const parse = () => parsePreprocessing(json, "p.json");
  expect(parse).toThrow(InputError);
  expect(parse).toThrow(`p.json: "${field}"`);
});

test.each([[null], [3], [[1]], [{}], [{ architectures: ["ResNet"] }]])(
  "rejects other JSON: %j",
  (json) => {
    expect(() => parsePreprocessing(json, "p.json")).toThrow(/^p\.json/);
  },
);
