import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { load } from "../../../src/model/load.js";
import { decodeNpy } from "../../../src/tensor/npy.js";
import type { Tensor } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";

const file = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/cases/${name}`, import.meta.url));
const tensor = (name: string): Tensor => decodeNpy(readFileSync(file(name)));

test.each<[string, string, string, number?]>([
  ["statistics that nodes compute from the image", "bn_nostats", "dynamo"],
  ["a BatchNormalization that computes its own statistics", "bn_nostats", "legacy"],
  ["a bidirectional LSTM after a convolution", "crnn_lstm", "dynamo"],
  ["an LSTM whose states are made by Expand", "crnn_lstm", "legacy"],
  ["two layers of GRU", "crnn_gru", "legacy"],
  ["a loop of a fixed number of iterations", "loop", "legacy"],
  ["a spatial transformer", "stn", "dynamo"],
  ["grids of every mode that depend on the image", "gridmodes", "dynamo"],
  // PyTorch's own float32 gradient is 2.5e-5 away: logarithms of small powers.
  ["a spectrogram made by the network", "stft_cnn", "dynamo", 2.5e-5],
  ["a deformable convolution", "deform", "dynamo"],
  ["filters in the frequencies of an image", "gfnet", "dynamo"],
  ["a pool whose last window nothing computes", "avg_ceil_skip", "dynamo"],
])("%s: PyTorch's float64 gradient (%s, %s)", async (_, name, exporter, floor = 2e-6) => {
  const model = await load(file(`${name}.${exporter}.onnx`));
  const full = await model.fullGradient(tensor(`${name}.x.npy`), { target: "top" });
  expect(relativeL2(full.inputGradient, tensor(`${name}.ref.npy`))).toBeLessThan(floor);
  for (const { completeness } of full.samples) {
    expect(completeness.conditioned).toBeLessThan(1e-6);
  }
  await model.dispose();
});
