import { describe, expect, it, test } from "vitest";
import { writeModel } from "../../../src/onnx/export.js";
import type { Value } from "../../../src/onnx/ir.js";
import type { GraphBuilder } from "../../../src/onnx/builder.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { load } from "../../../src/model/load.js";
import { Model } from "../../../src/model/model.js";
import { readGraph } from "../../../src/model/read-graph.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { runModel } from "../../support/run-model.js";
import { newGraph } from "../../support/graphs.js";

const values = [-2, -1, -0.3, 0, 0.4, 1, 1.5, 0.9];
const weights = [0.5, -1, 2, 3, -4, 5, 6, -7];
const x = float32([1, 1, 1, 8], values);

/** A network with one score: Σ w·f(x). */
function network(f: (b: GraphBuilder, x: Value) => Value): Uint8Array {
  const b = newGraph();
  const levels = f(b, b.input("x", { dtype: "float32", shape: ["N", 1, 1, 8] }));
  const y = b.matmul(b.op("Flatten", [levels]), b.constant(float32([8, 1], weights)));
  return writeModel(b.build([{ name: "y", value: y }]));
}

/** Gradients of binarised networks, by hand: w where |x| ≤ 1, 0 elsewhere. */
const expected = weights.map((w, i) => (Math.abs(values[i]!) <= 1 ? w : 0));

const plus = (b: GraphBuilder, v: Value): Value =>
  b.op("Sign", [b.addScalar(b.op("Sign", [v]), 0.1)]);
const choice = (b: GraphBuilder, v: Value): Value =>
  b.where(b.op("GreaterOrEqual", [v, b.scalar(0, v)]), b.scalar(1, v), b.scalar(-1, v));

test("a Model of a graph takes straightThrough as load does", async () => {
  const graph = await readGraph(network(plus));
  const backend = ortBackend({ threads: 1 });
  const model = new Model(graph, backend, { straightThrough: true });
  const again = new Model(model.imported, backend, { straightThrough: true });
  for (const one of [model, again]) {
    const { inputGradient } = await one.fullGradient(x);
    expect(Array.from(toNumbers(inputGradient))).toEqual(expected);
  }
  await Promise.all([model.dispose(), again.dispose()]);
});

describe("with straightThrough, signs have the gradient of binarised networks and their own values", () => {
  it.each([
    ["Sign", (b: GraphBuilder, v: Value) => b.op("Sign", [v])],
    ["Sign(Sign(x) + 0.1), as Larq writes it", plus],
    ["Where(x >= 0, 1, -1)", choice],
  ] as const)("%s", async (_, f) => {
    const bytes = network(f);
    const model = await load(bytes, { straightThrough: true });
    const full = await model.fullGradient(x);
    const y = (await runModel(bytes, new Map([["x", x]]))).get("y")!;
    expect(full.samples[0]!.score).toBeCloseTo(toNumbers(y)[0]!, 5);
    expect(Array.from(toNumbers(full.inputGradient))).toEqual(expected);
    await model.dispose();
  });
});

test("without it, a network that a sign cuts off is refused with the flag", async () => {
  const model = await load(network((b, v) => b.op("Sign", [v])));
  await expect(model.fullGradient(x)).rejects.toThrow(/Sign .*option straightThrough/);
  await model.dispose();
});

test("a binarised layer is refused although a shortcut passes beside it", async () => {
  const model = await load(network((b, v) => b.add(b.op("Relu", [v]), layer(b, v))));
  await expect(model.fullGradient(x)).rejects.toThrow(/option straightThrough/);
  await model.dispose();
});

test("a sign that no layer reads is a step as in PyTorch: x·sign(x) has the gradient sign(x)", async () => {
  const model = await load(network((b, v) => b.mul(v, b.op("Sign", [v]))));
  const { inputGradient } = await model.fullGradient(x);
  const signs = weights.map((w, i) => w * Math.sign(values[i]!));
  expect(Array.from(toNumbers(inputGradient))).toEqual(signs);
  await model.dispose();
});

const layer = (b: GraphBuilder, v: Value): Value =>
  b.op("Conv", [b.op("Sign", [v]), b.constant(float32([1, 1, 1, 1], [0.5]))]);
