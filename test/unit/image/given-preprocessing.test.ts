import { expect, test } from "vitest";
import {
  baseFor,
  withGiven,
  type GivenPreprocessing,
} from "../../../src/image/given-preprocessing.js";
import { pixelRange, preprocess, presets } from "../../../src/image/preprocess.js";
import { parsePreprocessing } from "../../../src/image/preprocessing-file.js";

const made = (given: GivenPreprocessing) => withGiven(baseFor(given), given);

test("Keras' mode tf: black is −1, and white is 1", () => {
  expect(pixelRange(made({ range: [-1, 1] }))).toEqual({ black: [-1, -1, -1], white: [1, 1, 1] });
});

test("Keras' mode caffe: blue first, and means in units of bytes", () => {
  const mean = [103.939, 116.779, 123.68];
  const settings = made({ range: [0, 255], channels: "bgr", mean, crop: "none", resize: "none" });
  const red = { width: 1, height: 1, data: Uint8Array.of(255, 0, 0) };
  const expected = [0 - 103.939, 0 - 116.779, 255 - 123.68].map(Math.fround);
  expect([...preprocess(red, settings).data]).toEqual(expected);
});

test("the means of a base stay with their colours where the order is reversed", () => {
  const { mean, std } = withGiven(presets.imagenet, { channels: "bgr" });
  expect([mean, std]).toEqual([
    presets.imagenet.mean.toReversed(),
    presets.imagenet.std.toReversed(),
  ]);
});

test("one number is for all channels, and a guess gives no std to a given mean", () => {
  const { mean, std } = made({ mean: [0.5] });
  expect([mean, std]).toEqual([
    [0.5, 0.5, 0.5],
    [1, 1, 1],
  ]);
});

test("an exact resize does not crop; a shorter side does", () => {
  const exact = made({ resize: { height: 64, width: 48 } });
  expect([exact.resize, exact.crop]).toEqual([{ height: 64, width: 48 }, undefined]);
  const edge = made({ resize: { shortestEdge: 232 } });
  expect([edge.resize, edge.crop]).toEqual([{ shortestEdge: 232 }, { height: 224, width: 224 }]);
});

const [mean, std] = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
];

test.each<[string, object]>([
  ["mean and std", { mean, std }],
  ["image_mean and image_std", { image_mean: mean, image_std: std }],
  [
    "torchvision's ImageClassification",
    { crop_size: [224], resize_size: [256], mean, std, interpolation: "bilinear" },
  ],
])("a file with %s is ImageNet's preprocessing", (_, json) => {
  expect(parsePreprocessing(json, "f")).toEqual(presets.imagenet);
});

test.each<[string, object]>([
  ["mean", { mean: [0.5, 0.5] }],
  ["std", { mean, std: [1, 0, 1] }],
  ["range", { range: [1, 1] }],
  ["range", { range: "0..1" }],
  ["resize", { resize: [1, 2, 3] }],
  ["crop", { mean, crop: 0 }],
  ["channels", { mean, channels: "grb" }],
  ["interpolation", { mean, interpolation: "cubic" }],
])("a malformed field is named: %s", (field, json) => {
  expect(() => parsePreprocessing(json, "mine.json")).toThrow(`mine.json: "${field}"`);
});
