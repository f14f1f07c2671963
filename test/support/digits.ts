import { readFileSync } from "node:fs";
import { registry } from "../../src/ops/all.js";
import { decodeSafetensors } from "../../src/tensor/safetensors.js";
import { asClassifier, type Classifier, type Weights } from "../../src/train/classifier.js";
import { inMemory, subset, type Dataset } from "../../src/train/data/dataset.js";
import { smallCnn } from "../../src/train/networks/small-cnn.js";

const file = new URL("../../fixtures/train/digits.safetensors", import.meta.url);
const { tensors } = decodeSafetensors(readFileSync(file));

const all = inMemory(
  tensors.get("images")!.data as Uint8Array,
  tensors.get("labels")!.data as Uint8Array,
  [1, 8, 8],
  10,
  1 / 16,
);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

/** 640 handwritten digits of 8x8 pixels: see fixtures/train/digits.py. */
export const digits: { readonly train: Dataset; readonly test: Dataset } = {
  train: subset(all, range(0, 480)),
  test: subset(all, range(480, 640)),
};

/** The network that PyTorch trained on them: initial weights, losses and accuracies. */
export const small: Classifier = asClassifier(
  smallCnn(registry, { shape: [1, 8, 8], classes: 10, widths: [8, 16, 16] }),
  registry,
);
export const initial: Weights = new Map([...tensors].filter(([name]) => name.includes(".")));
export const pyTorch = {
  loss: tensors.get("loss")!.data as Float64Array,
  accuracy: tensors.get("accuracy")!.data as Float64Array,
};
