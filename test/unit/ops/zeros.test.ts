import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { Session } from "../../../src/runtime/session.js";
import { int } from "../../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../../src/onnx/builder.js";
import type { Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

const power = (b: GraphBuilder, x: Value, exponent: number): Value =>
  b.op("Pow", [x, b.constant(float32([], [exponent]))]);

// What PyTorch 2.15 gives for relu(x).sqrt(), relu(x) ** (1/3) and so on: relu clears the infinite slope.
describe("behind a ReLU that is off, a root has the gradient 0, not 0·∞", () => {
  it.each<[string, (b: GraphBuilder, x: Value) => Value, number]>([
    ["Sqrt", (b, x) => b.op("Sqrt", [x]), 1 / 4],
    ["Pow 0.5", (b, x) => power(b, x, 0.5), 1 / 4],
    ["Pow 1/3", (b, x) => power(b, x, 1 / 3), 4 ** (-2 / 3) / 3],
  ])("%s", async (_, root, slope) => {
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: ["N", 1, 1, 3] });
    const roots = root(b, b.op("Relu", [x]));
    const y = b.op("ReduceSum", [roots, b.ints([2, 3])], { keepdims: int(0) });
    const graph = b.build([{ name: "y", value: y }]);
    const session = new Session(graph, registry, ortBackend({ threads: 1 }));
    const pixels = float32([1, 1, 1, 3], [-1, 0, 4]);
    const { inputGradient, biasTerms, samples } = await session.fullGradient(pixels, [0]);
    await session.dispose();
    const found = Array.from(toNumbers(inputGradient));
    [0, 0, slope].forEach((expected, i) => {
      expect(found[i]).toBeCloseTo(expected, 6);
    });
    expect(biasTerms.length).toBeGreaterThan(0);
    expect(samples[0]!.completeness.conditioned).toBeLessThan(1e-6);
  });
});

it.each([
  ["without a zero, the product of the others", [2, 3, 4], [12, 8, 6]],
  ["with one zero, something only there", [2, 0, 4], [0, 8, 0]],
  ["with two zeros, nothing", [0, 3, 0], [0, 0, 0]],
])("a product has as its gradient, %s", async (_, factors, expected) => {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: ["N", 1, 1, 3] });
  const y = b.op("ReduceProd", [x, b.ints([2, 3])], { keepdims: int(0) });
  const graph = b.build([{ name: "y", value: y }]);
  const session = new Session(graph, registry, ortBackend({ threads: 1 }));
  const { inputGradient, samples } = await session.fullGradient(
    float32([1, 1, 1, 3], factors),
    [0],
  );
  await session.dispose();
  expect(Array.from(toNumbers(inputGradient))).toEqual(expected);
  expect(samples[0]!.completeness.conditioned).toBeLessThan(1e-6);
});
