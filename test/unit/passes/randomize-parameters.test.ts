import { expect, test } from "vitest";
import { load } from "../../../src/load.js";
import { decodeModel } from "../../../src/onnx/decode.js";
import { importModel } from "../../../src/onnx/import.js";
import { parameterLayers, randomizeParameters } from "../../../src/passes/randomize-parameters.js";
import { readFileSync } from "node:fs";
import { elementCount, toNumbers } from "../../../src/tensor/tensor.js";
import { decodeNpy } from "../../../src/tensor/npy.js";
import { fixture, tinyInput, tinyRelu } from "../../end-to-end/cli-harness.js";

const read = (path: string) => importModel(decodeModel(readFileSync(path)));

test("layers with weights are found from the output down, also where weights are computed", async () => {
  const graph = await read(tinyRelu);
  const wanted = graph.nodes.filter((n) => /Conv|Gemm/.test(n.op)).map((n) => n.name);
  expect(parameterLayers(graph).map(({ node }) => node)).toEqual(wanted.toReversed());
  // Weight standardisation makes the weights of its convolutions by a graph of constants.
  const standardised = await read(fixture("forms", "weight-standardisation.legacy.onnx"));
  const convolutions = standardised.nodes.filter((n) => n.op === "Conv").map((n) => n.name);
  const found = parameterLayers(standardised);
  for (const name of convolutions) {
    expect(found.find(({ node }) => node === name)?.parameters.length).toBeGreaterThan(0);
  }
});

test("shuffled weights are the same numbers in another order, and all others stay", async () => {
  const graph = await read(tinyRelu);
  const [last] = parameterLayers(graph);
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

test("the more layers are randomised, the same shuffles the first ones have", async () => {
  const graph = await read(tinyRelu);
  const layers = parameterLayers(graph);
  const [few, all] = [layers.slice(0, 1), layers].map((l) => randomizeParameters(graph, l, 3));
  for (const name of layers[0]!.parameters) {
    expect(all!.constants.get(name)).toEqual(few!.constants.get(name));
  }
});

test("a randomised model gives other scores, and the model it was made of the same as before", async () => {
  const model = await load(tinyRelu);
  const x = decodeNpy(readFileSync(tinyInput), tinyInput);
  const before = await model.predict(x);
  const other = model.randomized(1, 0);
  expect(model.layers()).toHaveLength(3);
  expect(await other.predict(x)).not.toEqual(before);
  expect(await model.predict(x)).toEqual(before);
  await other.dispose();
});
