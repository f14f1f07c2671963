/**
 * The readers of every kind of file beside models, each with good files to mutate.
 *
 * @module
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convertToTfjs } from "../../../converters/tfjs/onnx-to-tfjs.js";
import { readBoxes } from "../../../src/cli/experiments/boxes.js";
import { roarJournal } from "../../../src/cli/experiments/roar-journal.js";
import { SampleJournal } from "../../../src/cli/experiments/sample-journal.js";
import { digestOf } from "../../../src/cli/output/journal.js";
import { finished } from "../../../src/cli/output/manifest.js";
import { anything, readJson } from "../../../src/files/json.js";
import { decodeImage } from "../../../src/image/codec.js";
import { parsePreprocessing } from "../../../src/image/preprocessing-file.js";
import { parseLabels } from "../../../src/model/label-names.js";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import { readTfjsFolder } from "../../../src/onnx/file/tfjs-folder.js";
import { importModel } from "../../../src/onnx/import/import.js";
import { decodeNpy, encodeNpy } from "../../../src/tensor/npy.js";
import { encodeSafetensors } from "../../../src/tensor/safetensors.js";
import { float32, fromNumbers } from "../../../src/tensor/tensor.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/train/checkpoint.js";

/** A kind of file. */
export interface FileKind {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  readonly isJson: boolean;
  /** Reads a file; throws only errors of this library. */
  readonly read: (bytes: Uint8Array) => unknown;
}

const fixtures = new URL("../../../fixtures/", import.meta.url);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const json = (value: unknown): Uint8Array => encode(JSON.stringify(value));

function pictures(): Uint8Array[] {
  const folder = new URL("pictures/", fixtures);
  return readdirSync(folder)
    .filter((name) => /\.(png|jpg|webp|gif|bmp|tiff?|avif)$/.test(name))
    .map((name) => new Uint8Array(readFileSync(new URL(name, folder))));
}

/** @param folder for readers of paths */
export async function fileKinds(folder: string): Promise<readonly FileKind[]> {
  const file = join(folder, "file");
  const written = (bytes: Uint8Array): string => {
    writeFileSync(file, bytes);
    return file;
  };
  const network = readFileSync(new URL("networks/tiny-relu.legacy.onnx", fixtures));
  const graph = await importModel(decodeModel(new Uint8Array(network)));
  const tfjs = convertToTfjs(graph, { generatedBy: "test" });
  const { shards, manifest } = tfjs.weights;
  const model = json({ ...tfjs.model, weightsManifest: manifest });
  const numbers = Array.from({ length: 24 }, (_, i) => i / 7);
  const tensors = [
    float32([2, 3, 4], Float32Array.from(numbers)),
    fromNumbers("int64", [24], numbers.map(Math.floor)),
    fromNumbers("float16", [4, 6], numbers),
  ];
  const settings = { test: "x" };
  const run = digestOf(JSON.stringify(settings));
  const measures = [{ name: "area", title: "", better: "higher" as const, single: true }];
  const sampleLine = {
    ...{ run, input: "a", sample: "cat.png", method: "fullgrad", target: 1, output: 2.5 },
    ...{ probability: 0.5, values: { area: [0.25] } },
  };
  const runLine = {
    ...{ run, method: "fullgrad", fraction: 0.5, seed: 1, accuracy: 0.5, loss: 1 },
    trainingAccuracy: 1,
  };
  const lines = (...all: object[]): Uint8Array =>
    encode(all.map((l) => `${JSON.stringify(l)}\n`).join(""));
  const checkpoint = encodeCheckpoint({
    settings: "s",
    step: 3,
    history: [{ epoch: 1, loss: 2, accuracy: 0.5 }],
    state: new Map([["w", tensors[0]!]]),
  });
  return [
    {
      name: "picture",
      seeds: pictures(),
      isJson: false,
      read: (bytes) => decodeImage(bytes, "a picture", { maxPixels: 2 ** 20 }),
    },
    {
      name: ".npy",
      seeds: tensors.map(encodeNpy),
      isJson: false,
      read: (bytes) => decodeNpy(bytes),
    },
    {
      name: "checkpoint",
      seeds: [
        checkpoint,
        encodeSafetensors({ tensors: new Map([["a", tensors[1]!]]), metadata: {} }),
      ],
      isJson: false,
      read: (bytes) => decodeCheckpoint(bytes, "s"),
    },
    {
      name: "tfjs model.json",
      seeds: [model],
      isJson: true,
      read: (bytes) =>
        readTfjsFolder(bytes, (name) => Promise.resolve(shards.get(name) ?? new Uint8Array())),
    },
    {
      name: "tfjs weights",
      seeds: [...shards.values()],
      isJson: false,
      read: (bytes) => readTfjsFolder(model, () => Promise.resolve(bytes)),
    },
    {
      name: "preprocessing",
      seeds: [
        json({
          ...{ do_resize: true, size: { shortest_edge: 256 }, resample: 3, do_center_crop: true },
          ...{ crop_size: { height: 224, width: 224 }, do_rescale: true, rescale_factor: 1 / 255 },
          ...{ do_normalize: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.2, 0.2, 0.2] },
        }),
        json({
          pretrained_cfg: {
            ...{ input_size: [3, 224, 224], interpolation: "bicubic", crop_pct: 0.9 },
            ...{ crop_mode: "center", mean: [0, 0, 0], std: [1, 1, 1] },
          },
        }),
      ],
      isJson: true,
      read: (bytes) => parsePreprocessing(readJson(decode(bytes), anything, "a file"), "a file"),
    },
    {
      name: "labels",
      seeds: [
        json(["cat", "dog"]),
        json({ 0: "cat", 1: ["n01", "dog"] }),
        json({ id2label: { 0: "cat" }, label2id: { cat: 0 } }),
      ],
      isJson: true,
      read: (bytes) => parseLabels(decode(bytes)),
    },
    {
      name: "boxes",
      seeds: [json({ "cat.png": [[0, 0, 1, 1], { box: [0, 0, 2, 2], class: 3 }] })],
      isJson: true,
      read: (bytes) => readBoxes(written(bytes)),
    },
    {
      name: "manifest",
      seeds: [json({ versions: { fullgrad: "1" }, model: { path: "m" }, input: {}, settings: {} })],
      isJson: true,
      read: (bytes) =>
        finished(decode(bytes), { versions: {}, model: {}, input: {}, settings: {} } as never),
    },
    {
      name: "evaluation journal",
      seeds: [lines(sampleLine, { ...sampleLine, method: "gradient" })],
      isJson: false,
      read: (bytes) =>
        new SampleJournal(written(bytes), settings, { measures }).find("a", "cat.png", "fullgrad"),
    },
    {
      name: "roar journal",
      seeds: [lines(runLine, { ...runLine, seed: 2 })],
      isJson: false,
      read: (bytes) => {
        rmSync(file, { force: true });
        writeFileSync(join(folder, "roar.runs.jsonl"), bytes);
        return roarJournal(folder, settings).find({ method: "fullgrad", fraction: 0.5, seed: 1 });
      },
    },
  ];
}
