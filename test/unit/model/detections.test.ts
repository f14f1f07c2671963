import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { TargetError } from "../../../src/errors.js";
import { load } from "../../../src/model/load.js";
import type { Model } from "../../../src/model/model.js";
import { decodeNpy } from "../../../src/tensor/npy.js";
import { concatBatch } from "../../../src/tensor/batches.js";
import { toNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";

const file = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/detectors/${name}`, import.meta.url));
const caseFile = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/cases/${name}`, import.meta.url));
const tensor = (name: string): Tensor => decodeNpy(readFileSync(file(name)));

const models = new Map<string, Promise<Model>>();
const open = (name: string): Promise<Model> => {
  const model = models.get(name) ?? load(file(`${name}.onnx`));
  models.set(name, model);
  return model;
};
afterAll(async () => {
  for (const model of models.values()) await (await model).dispose();
});

/** PyTorch's rows of the three best detections: box, class, score. */
function rowsOf(name: string): number[][] {
  const numbers = Array.from(toNumbers(tensor(`${name}.rows.npy`)));
  return [0, 6, 12].map((at) => numbers.slice(at, at + 6));
}

/** A threshold just below the third. */
const below = (rows: readonly (readonly number[])[]): number => rows[2]![5]! - 1e-4;

describe.each([
  ["a head [1,4+K,M] without selection (YOLOv8)", "raw", "raw"],
  ["a head [1,M,5+K] with objectness in one layer (YOLOv5)", "objectness", "objectness"],
  ["a head [1,M,5+K] with objectness of its own (YOLOX)", "own-objectness", "own-objectness"],
  [
    "a mask, a top k, suppression by class behind an If (SSD, RetinaNet)",
    "suppressed",
    "suppressed",
  ],
  ["rows [D,6] of each row's best class, suppressed", "best", "best"],
  ["logits with a class for nothing, boxes as parts of the image (DETR)", "queries", "queries"],
  [
    "two stages, the second for the regions that the first chose (Faster R-CNN)",
    "stages",
    "stages",
  ],
  ["indices [D,3] of ONNX's own suppression", "indices", "raw"],
])("%s", (_, name, reference) => {
  const rows = rowsOf(reference);
  const x = tensor(`${reference}.x.npy`);

  test("boxes, classes and scores are PyTorch's", async () => {
    const found = await (await open(name)).detections(x, { threshold: below(rows) });
    expect(found.map((d) => d.class)).toEqual(rows.map((row) => row[4]));
    found.forEach((detection, i) => {
      [...detection.box, detection.score].forEach((v, at) => {
        expect(v).toBeCloseTo(rows[i]![at === 4 ? 5 : at]!, 4);
      });
    });
  });

  test("the gradient of each class score is PyTorch's", async () => {
    const model = await open(name);
    const target = `detections:${below(rows).toFixed(6)}`;
    const { attribution, samples, map } = await model.explain(x, { target, method: "gradient" });
    expect(map.dims).toEqual([3, 1, 16, 16]);
    expect(samples.map((s) => s.detection?.rank)).toEqual([1, 2, 3]);
    expect(relativeL2(attribution!, tensor(`${reference}.ref.npy`))).toBeLessThan(2e-5);
  });
});

test("class scores without boxes have those of the regions that they were read in", async () => {
  const model = await load(caseFile("frcnn.legacy.onnx"));
  const x = decodeNpy(readFileSync(caseFile("frcnn.x.npy")));
  const found = await model.detections(x, { threshold: 0.01 });
  expect(found).toHaveLength(4);
  // PyTorch's gradient is that of the first row's best class.
  const [first] = found.filter(({ from }) => from.index[0] === 0);
  const [left, top, right, bottom] = first!.box;
  expect(right - left).toBeGreaterThan(1);
  expect(bottom - top).toBeGreaterThan(1);
  const { attribution } = await model.explain(x, { target: first!, method: "gradient" });
  expect(relativeL2(attribution!, decodeNpy(readFileSync(caseFile("frcnn.ref.npy"))))).toBeLessThan(
    1e-6,
  );
  await model.dispose();
});

test("what is explained adds up to the class score, also where the choices are held for one picture", async () => {
  for (const name of ["suppressed", "stages"]) {
    const [best] = rowsOf(name);
    const model = await open(name);
    const x = tensor(`${name}.x.npy`);
    const [first] = await model.detections(x, { threshold: below(rowsOf(name)) });
    expect(first!.from.isChosen).toBe(name === "stages" ? true : undefined);
    const { score, completeness } = await model.explain(x, { target: first! });
    expect(score).toBeCloseTo(best![5]!, 5);
    expect(completeness.conditioned).toBeLessThan(1e-6);
  }
});

test("detections of a batch name their picture", async () => {
  const model = await open("best");
  const x = tensor("best.x.npy");
  const dark = { ...x, data: Float32Array.from(toNumbers(x), (v) => v / 2) };
  const threshold = below(rowsOf("best"));
  const found = await model.detections(concatBatch([dark, x]), { threshold });
  const alone = await model.detections(x, { threshold });
  const second = found.filter(({ sample }) => sample === 1);
  expect(second.map(({ box }) => box)).toEqual(alone.map(({ box }) => box));
});

test("logits: the score before its Sigmoid is explained, at the same place", async () => {
  const model = await open("best");
  const x = tensor("best.x.npy");
  const [, , , , , probability] = rowsOf("best")[0]!;
  const { score, samples } = await model.explain(x, { target: "detections:0.6,logits" });
  expect(1 / (1 + Math.exp(-score))).toBeCloseTo(probability!, 5);
  expect(samples[0]!.notes).toEqual([]);
  const product = await open("objectness");
  const target = `detections:${below(rowsOf("objectness")).toFixed(4)},logits`;
  const asked = product.explain(tensor("objectness.x.npy"), { target });
  await expect(asked).rejects.toThrow(/no logits: each is the product of two columns/);
});

test("a probability's note names the way to the logits", async () => {
  const model = await open("best");
  const { samples } = await model.explain(tensor("best.x.npy"), { target: "detections:0.6" });
  expect(samples[0]!.notes.map(({ message }) => message).join()).toMatch(
    /use option target: detections:0.5,logits$/,
  );
});

test("concurrent requests have the results of single ones", async () => {
  const model = await open("stages");
  const x = tensor("stages.x.npy");
  const threshold = below(rowsOf("stages"));
  const options = { target: `detections:${threshold.toFixed(6)}`, method: "gradient" };
  const [found, one, two] = await Promise.all([
    model.detections(x, { threshold }),
    model.explain(x, options),
    model.explain(x, options),
  ]);
  expect(one.samples.map((s) => s.detection)).toEqual(found);
  expect(toNumbers(two.map)).toEqual(toNumbers(one.map));
});

test("overlap=1 keeps every row of a raw head", async () => {
  const model = await open("raw");
  const x = tensor("raw.x.npy");
  const all = await model.detections(x, { threshold: 0, overlap: 1 });
  expect(all).toHaveLength(16);
});

test("no detection, a comparison, and outputs that are no detections are errors that say so", async () => {
  const model = await open("best");
  const x = tensor("best.x.npy");
  const ask = (options: object): Promise<unknown> => model.explain(x, options);
  await expect(ask({ target: "detections:0.99" })).rejects.toThrow(
    "the model detects nothing with a score of 0.99 or more",
  );
  await expect(ask({ target: "detections:0.5", versus: 1 })).rejects.toThrow(
    /omit versus and quantity/,
  );
  await expect(model.verify(x, { target: "detections:0.5" })).rejects.toThrow(TargetError);
  const classifier = await load(
    fileURLToPath(new URL("../../../fixtures/cases/f16.onnx", import.meta.url)),
  );
  const image = decodeNpy(
    readFileSync(fileURLToPath(new URL("../../../fixtures/cases/f16.x.npy", import.meta.url))),
  );
  await expect(classifier.detections(image)).rejects.toThrow(
    /no detections can be read from "y" \[1,5\]/,
  );
  await classifier.dispose();
});
