import { afterAll, describe, expect, it, test } from "vitest";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import type { Note } from "../../../../src/methods/core/notes.js";
import { Model } from "../../../../src/model/model.js";
import type { ExplainOptions, LoadOptions } from "../../../../src/model/model-options.js";
import type { GraphBuilder } from "../../../../src/onnx/builder.js";
import { importModel } from "../../../../src/onnx/import/import.js";
import type { Value } from "../../../../src/onnx/ir.js";
import { decodeModel } from "../../../../src/onnx/file/decode.js";
import { float32, type Tensor } from "../../../../src/tensor/tensor.js";
import { newGraph } from "../../../support/graphs.js";
import { goldenTensor, networkFile, networkNames } from "../../../support/networks.js";

const backend = ortBackend({ threads: 1 });
const opened: Model[] = [];
afterAll(async () => {
  for (const model of opened) await model.dispose();
});

/** An image of one channel and four positions, through some nodes, and the mean over positions as the score of each class. */
function network(make: (b: GraphBuilder, x: Value) => Value, options: LoadOptions = {}): Model {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: ["N", 1, 2, 2] });
  const model = new Model(b.build([{ name: "y", value: make(b, x) }]), backend, options);
  opened.push(model);
  return model;
}

const conv = (b: GraphBuilder, x: Value, weights: number[], bias: number[]): Value => {
  const count = weights.length;
  const w = b.constant(float32([count, 1, 1, 1], weights), "w");
  return b.op("Conv", [x, w, b.constant(float32([count], bias), "b")], {}, "conv");
};
const pooled = (b: GraphBuilder, v: Value): Value =>
  b.op("Flatten", [b.op("GlobalAveragePool", [v], {}, "pool")], {}, "flat");

const image = float32([1, 1, 2, 2], [1, 2, 3, 4]);

async function notesOf(
  model: Model,
  options: ExplainOptions = {},
  x: Tensor = image,
): Promise<readonly Note[]> {
  const { samples } = await model.explain(x, options);
  return samples[0]!.notes;
}

const codes = (notes: readonly Note[]): string[] => notes.map(({ code }) => code);

describe("a class activation map that is 0 everywhere", () => {
  const against = network((b, x) => {
    const relu = b.op("Relu", [conv(b, x, [1], [0])], {}, "relu");
    return b.mulScalar(pooled(b, relu), -1, "y");
  });

  // Its largest number, where the activation is 1; ablation takes away all of the score, whatever its size.
  it.each([
    ["grad-cam", -0.25],
    ["hires-cam", -0.25],
    ["xgrad-cam", -0.25],
    ["ablation-cam", -1],
  ])("of %s says that the layer speaks against the score", async (method, largest) => {
    const [note, ...others] = await notesOf(against, { method });
    expect(others).toEqual([]);
    expect(note).toMatchObject({ code: "zero-map", value: 0 });
    expect(note!.message).toContain(`layer "relu" is negative everywhere (at most ${largest})`);
  });

  it("is not one where the sum is above 0 somewhere", async () => {
    const both = network((b, x) => pooled(b, b.op("Relu", [conv(b, x, [1], [-3])], {}, "relu")));
    expect(await notesOf(both, { method: "grad-cam" })).toEqual([]);
  });
});

describe("other maps without positions", () => {
  it("are 0 where every unit is off", async () => {
    const off = network((b, x) => pooled(b, b.op("Relu", [conv(b, x, [1], [-9])], {}, "relu")));
    for (const method of ["fullgrad", "gradient"]) {
      const [note] = await notesOf(off, { method });
      expect(note).toMatchObject({ code: "zero-map" });
      expect(note!.message).toMatch(/passes an inactive or saturated unit/);
    }
  });

  it("are 0 where the image is the baseline", async () => {
    const plain = network((b, x) => pooled(b, conv(b, x, [1], [0])));
    const zeros = float32([1, 1, 2, 2], [0, 0, 0, 0]);
    const [note] = await notesOf(plain, { method: "integrated-gradients" }, zeros);
    expect(note!.message).toMatch(/image and baseline have the same score/);
    const [other] = await notesOf(plain, { method: "gradient-x-input" }, zeros);
    expect(other!.message).toMatch(/the input is 0 everywhere/);
  });

  it("are constant where the score depends on all positions alike", async () => {
    const mean = network((b, x) => pooled(b, conv(b, x, [1], [0])));
    const [note] = await notesOf(mean, { method: "gradient" });
    expect(note).toMatchObject({ code: "constant-map", value: 0.25 });
  });
});

describe("a score that comes out of a Softmax or Sigmoid", () => {
  const squashed = (op: string, slope: number, options?: LoadOptions): Model =>
    network((b, x) => {
      const relu = b.op("Relu", [conv(b, x, [slope, 0.5], [0, 0])], {}, "relu");
      return b.op(op, [pooled(b, relu)], {}, "squash");
    }, options);

  it.each(["Softmax", "Sigmoid"])("of %s at its bound has no gradient left", async (op) => {
    const notes = await notesOf(squashed(op, 100), { method: "gradient" });
    const note = notes.find(({ code }) => code === "saturated");
    expect(note).toMatchObject({ output: "logits", value: 0 });
    expect(note!.message).toMatch(/the score is 1, the bound of .* \(--output logits\)/);
  });

  it.each(["Softmax", "Sigmoid"])("of %s is a probability elsewhere", async (op) => {
    const notes = await notesOf(squashed(op, 1));
    expect(codes(notes)).toEqual(["probability"]);
    expect(notes[0]).toMatchObject({ output: "logits" });
  });

  it("is no longer one where what goes into it is explained", async () => {
    expect(await notesOf(squashed("Softmax", 1, { output: "logits" }))).toEqual([]);
    expect(await notesOf(squashed("Softmax", 1), { quantity: "log-probability" })).toEqual([]);
  });

  it("is what methods that ask for scores alone are made for", async () => {
    const notes = await notesOf(squashed("Softmax", 1), {
      method: "occlusion",
      window: 1,
      stride: 1,
    });
    expect(notes).toEqual([]);
  });
});

describe("a method's own check", () => {
  it("of integrated gradients fails with one step across a kink, and holds with many", async () => {
    // Of relu(x − 2.4) the gradient half way is 0, the difference 0.55.
    const kink = network((b, x) => pooled(b, b.op("Relu", [conv(b, x, [1], [-2.4])], {}, "relu")));
    const method = "integrated-gradients";
    const [note] = await notesOf(kink, { method, steps: 1 });
    expect(note).toMatchObject({ code: "zero-map" });
    const delta = (await notesOf(kink, { method, steps: 1 })).find(({ code }) => code === "delta");
    expect(delta?.value).toBeCloseTo(1, 5);
    expect(await notesOf(kink, { method, steps: 100 })).toEqual([]);
  });

  it("of layer-wise relevance fails where a bias takes most of the score", async () => {
    // y = x + 9: of a score of 11.5, the input has 2.5.
    const biased = network((b, x) => pooled(b, conv(b, x, [1], [9])));
    const [note] = await notesOf(biased, { method: "lrp", rule: "epsilon" });
    expect(note).toMatchObject({ code: "relevance" });
    expect(note!.value).toBeCloseTo(2.5 / 11.5, 5);
    const unbiased = network((b, x) => pooled(b, conv(b, x, [1], [0])));
    expect(await notesOf(unbiased, { method: "lrp", rule: "epsilon" })).toEqual([]);
  });
});

test("numbers that are not finite are said to come from the input, where they do", async () => {
  const plain = network((b, x) => pooled(b, b.op("Relu", [conv(b, x, [1], [0])], {}, "relu")));
  const [note] = await notesOf(plain, {}, float32([1, 1, 2, 2], [1, NaN, 2, 3]));
  expect(note).toMatchObject({ code: "not-finite" });
  expect(note!.message).toMatch(/the input itself contains such values/);
  const root = network((b, x) => pooled(b, b.sqrt(conv(b, x, [-1], [0]))));
  const [other] = await notesOf(root);
  expect(other).toMatchObject({ code: "not-finite" });
  expect(other!.message).toMatch(/a layer divides by 0 or overflows/);
});

// What integrated gradients and relevance say of these networks is measured: they miss that much.
it.each(networkNames)("nothing is said of an ordinary network: %s", async (name) => {
  const graph = await importModel(decodeModel(networkFile(name, "legacy")));
  const model = new Model(graph, backend, {});
  const x = goldenTensor(name, "input.npy");
  for (const method of ["fullgrad", "gradient", "grad-cam", "layer-cam", "guided-backprop"]) {
    const { samples } = await model.explain(x, { method });
    expect(samples.map(({ notes }) => notes)).toEqual(samples.map(() => []));
  }
  await model.dispose();
});
