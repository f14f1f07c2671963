import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { convertToOnnx } from "../../../converters/onnx/onnx-to-fullgrad-onnx.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { TargetError, UsageError } from "../../../src/errors.js";
import { resampleMap } from "../../../src/image/resample.js";
import { load } from "../../../src/model/load.js";
import type { Model } from "../../../src/model/model.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";
import { goldenTensor } from "../../support/networks.js";

const open = (name: string): Promise<Model> =>
  load(readFileSync(new URL(`../../../fixtures/networks/${name}.onnx`, import.meta.url)), {
    threads: 1,
  });

const x = goldenTensor("tiny-silu", "input.npy");
const model = open("tiny-silu.dynamo");
afterAll(async () => (await model).dispose());

/** Σ over the positions of each class, image by image. */
async function sumsOf(network: Model): Promise<number[][]> {
  const { map } = await network.explain(x, { method: "cam", target: "all" });
  const [samples = 0, classes = 0, ...positions] = map.dims;
  const size = positions.reduce((a, b) => a * b, 1);
  const numbers = Array.from(toNumbers(map));
  return Array.from({ length: samples }, (_, n) =>
    Array.from({ length: classes }, (__, k) => {
      const from = (n * classes + k) * size;
      return numbers.slice(from, from + size).reduce((a, b) => a + b, 0);
    }),
  );
}

test("CAM of all classes adds up to the scores without their biases, whatever the image", async () => {
  const network = await model;
  const sums = await sumsOf(network);
  const scores = Array.from(toNumbers(await network.predict(x)));
  const classes = sums[0]!.length;
  const biases = sums.map((row, n) => row.map((sum, k) => scores[n * classes + k]! - sum));
  biases[0]!.forEach((bias, k) => {
    expect(biases[1]![k]).toBeCloseTo(bias, 5);
  });
});

test.each(["cam", "recipro-cam"])(
  "%s of one class is its part of the maps of all",
  async (method) => {
    const network = await model;
    const all = await network.explain(x, { method, target: "all" });
    expect(all.samples.map((s) => s.target)).toEqual(["all", "all"]);
    const [, classes = 0, height = 0, width = 0] = all.map.dims;
    const size = height * width;
    const numbers = Array.from(toNumbers(all.map)).map((v) => Math.max(0, v));
    for (const k of [0, classes - 1]) {
      const one = await network.explain(x, { method, target: k });
      const expected = [0, 1].flatMap((n) => {
        const from = (n * classes + k) * size;
        const map = Float32Array.from(numbers.slice(from, from + size));
        return Array.from(resampleMap(map, [height, width], [16, 16]));
      });
      expect(relativeL2(one.map, float32(one.map.dims, expected))).toBeLessThan(1e-5);
    }
  },
);

test("a converted file has the maps of all classes as its first output", async () => {
  const network = await model;
  const { graph, outputs } = convertToOnnx(network.imported, { method: "cam", target: "all" });
  const { map } = await network.explain(x, { method: "cam", target: "all" });
  expect(outputs[0]!.name).toBe("saliency");
  const compiled = await ortBackend({ threads: 1 }).compile(graph);
  const results = await compiled.run(new Map([[graph.inputs[0]!.name, x]]));
  expect(results.get("saliency")!.dims).toEqual(map.dims);
  expect(relativeL2(results.get("saliency")!, map)).toBeLessThan(1e-6);
  await compiled.dispose();
});

test("a method of one class at a time, a contrast, and layers that are not linear are refused", async () => {
  const network = await model;
  const gradient = network.explain(x, { method: "gradient", target: "all" });
  await expect(gradient).rejects.toThrow(UsageError);
  await expect(gradient).rejects.toThrow(/cam and recipro-cam give the maps of all classes/);
  const contrast = network.explain(x, { method: "cam", target: "all", versus: 1 });
  await expect(contrast).rejects.toThrow(TargetError);
  const other = await open("vgg11.dynamo");
  const cam = other.explain(goldenTensor("vgg11", "input.npy"), { method: "cam" });
  await expect(cam).rejects.toThrow(/cam needs a network that ends in a mean and linear layers/);
  await other.dispose();
});
