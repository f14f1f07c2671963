import { expect, test } from "vitest";
import { load } from "../../../src/model/load.js";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import { importModel } from "../../../src/onnx/import/import.js";
import { registry } from "../../../src/ops/all.js";
import { parameterLayers, randomizeParameters } from "../../../src/passes/randomize-parameters.js";
import { readFileSync } from "node:fs";
import { ints, text } from "../../../src/onnx/attribute.js";
import type { TypedGraph, Value } from "../../../src/onnx/ir.js";
import { sizeOf } from "../../../src/tensor/shape.js";
import { elementCount, float32, fromNumbers, toNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";
import { Random } from "../../support/random.js";
import { decodeNpy } from "../../../src/tensor/npy.js";
import { fixture, tinyInput, tinyRelu } from "../../end-to-end/cli-harness.js";

const read = (path: string) => importModel(decodeModel(readFileSync(path)));

test("layers with weights are listed from the output back, including computed weights", async () => {
  const graph = await read(tinyRelu);
  const wanted = graph.nodes.filter((n) => /Conv|Gemm/.test(n.op)).map((n) => n.name);
  expect(parameterLayers(graph, registry).map(({ node }) => node)).toEqual(wanted.toReversed());
  // Weight standardization computes convolution weights from constants.
  const standardised = await read(fixture("forms", "weight-standardisation.legacy.onnx"));
  const convolutions = standardised.nodes.filter((n) => n.op === "Conv").map((n) => n.name);
  const found = parameterLayers(standardised, registry);
  for (const name of convolutions) {
    expect(found.find(({ node }) => node === name)?.parameters.length).toBeGreaterThan(0);
  }
});

test("shuffled weights are permutations; all other weights are unchanged", async () => {
  const graph = await read(tinyRelu);
  const [last] = parameterLayers(graph, registry);
  const changed = randomizeParameters(graph, [last!], 3);
  for (const [name, before] of graph.constants) {
    const after = changed.constants.get(name)!;
    if (!last!.parameters.includes(name)) {
      expect(after).toBe(before);
      continue;
    }
    expect(after.dims).toEqual(before.dims);
    const [p, q] = [Array.from(toNumbers(before)), Array.from(toNumbers(after))];
    expect(q).not.toEqual(p);
    expect(q.toSorted((a, b) => a - b)).toEqual(p.toSorted((a, b) => a - b));
    expect(elementCount(before)).toBeGreaterThan(1);
  }
});

test("randomizing further layers does not change the permutation of the first ones", async () => {
  const graph = await read(tinyRelu);
  const layers = parameterLayers(graph, registry);
  const [few, all] = [layers.slice(0, 1), layers].map((l) => randomizeParameters(graph, l, 3));
  for (const name of layers[0]!.parameters) {
    expect(all!.constants.get(name)).toEqual(few!.constants.get(name));
  }
});

test("a randomized model gives different scores, and the original model is unchanged", async () => {
  const model = await load(tinyRelu);
  const x = decodeNpy(readFileSync(tinyInput), tinyInput);
  const before = await model.predict(x);
  const other = model.randomized(1, 0);
  expect(model.layers()).toHaveLength(3);
  expect(await other.predict(x)).not.toEqual(before);
  expect(await model.predict(x)).toEqual(before);
  await other.dispose();
});

/** A network with every kind of learned parameter, and with the constants that exporters add. */
function attentionNet(): TypedGraph {
  const b = newGraph(23);
  const random = new Random(5);
  const learned = (name: string, dims: number[]): Value =>
    b.constant(float32(dims, Float32Array.from(random.many(sizeOf(dims), -1, 1))), name);
  const given = (name: string, dims: number[], values: number[]): Value =>
    b.constant(float32(dims, Float32Array.from(values)), name);
  const image = b.input("x", { dtype: "float32", shape: [1, 3, 8, 8] });
  const normalized = b.div(image, given("deviation", [1, 3, 1, 1], [0.229, 0.224, 0.225]));
  const patches = b.op("Conv", [normalized, learned("patch", [20, 3, 4, 4])], {
    strides: ints([4, 4]),
  });
  const tokens = b.transpose(b.reshape(patches, [1, 20, 4]), [0, 2, 1]);
  const joined = b.concat([learned("class token", [1, 1, 20]), tokens], 1);
  const placed = b.add(
    joined,
    b.op("Gather", [learned("positions", [9, 20]), b.ints([0, 3, 4, 6, 7])]),
  );
  const normed = b.op("RMSNormalization", [placed, learned("rms scale", [20])]);
  const mixed = b.matmul(learned("left weight", [5, 5]), normed);
  const headed = b.op("Einsum", [mixed, learned("einsum weight", [20, 20])], {
    equation: text("btc,cd->btd"),
  });
  const sloped = b.op("PRelu", [headed, learned("slopes", [20])]);
  const scaled = b.mul(sloped, learned("layer scale", [20]));
  const masked = b.add(
    scaled,
    given("mask", [1, 5, 20], [...new Array<number>(98).fill(0), -Infinity, -100]),
  );
  const grid = b.add(masked, given("grid", [5, 1], [0.5, 1.5, 2.5, 3.5, 4.5]));
  return b.build([{ name: "y", value: grid }]);
}

test("every kind of learned tensor is randomized, and no constant added by an exporter", () => {
  const found = parameterLayers(attentionNet(), registry).flatMap(({ parameters }) => parameters);
  expect(found).toEqual([
    "layer scale",
    "slopes",
    "einsum weight",
    "left weight",
    "rms scale",
    "positions",
    "class token",
    "patch",
  ]);
});

test("quantized weights are shuffled", () => {
  const b = newGraph(21);
  const image = b.input("x", { dtype: "float32", shape: [1, 3] });
  const levels = b.constant(
    fromNumbers(
      "int8",
      [3, 8],
      Array.from({ length: 24 }, (_, i) => i - 12),
    ),
    "levels",
  );
  const weight = b.op("DequantizeLinear", [levels, b.scalar(0.1, image)]);
  const graph = b.build([{ name: "y", value: b.matmul(image, weight) }]);
  const layers = parameterLayers(graph, registry);
  expect(layers.flatMap(({ parameters }) => parameters)).toEqual(["levels"]);
  const shuffled = randomizeParameters(graph, layers, 1).constants.get("levels")!;
  expect(shuffled.dtype).toBe("int8");
  expect(shuffled).not.toEqual(graph.constants.get("levels"));
});
