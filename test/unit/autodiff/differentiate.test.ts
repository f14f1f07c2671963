import { describe, expect, it } from "vitest";
import { activePath } from "../../../src/analysis/active-path.js";
import { differentiate } from "../../../src/autodiff/differentiate.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { UnsupportedModelError } from "../../../src/errors.js";
import { GraphBuilder } from "../../../src/onnx/builder.js";
import { int } from "../../../src/onnx/attribute.js";
import type { Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import type { Registry } from "../../../src/ops/core/registry.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

type Build = (b: GraphBuilder, x: Value) => Value;

function gradientGraph(build: Build, dims: readonly number[], rules: Registry = registry) {
  const forward = newGraph();
  const y = build(forward, forward.input("x", { dtype: "float32", shape: dims }));
  const graph = forward.build([{ name: y.name, value: y }]);
  const b = GraphBuilder.on(graph, rules.infer);
  const ones = b.op("Add", [b.zerosLike(y), b.scalar(1, y)], {}, "seed");
  const { active } = activePath(graph, rules, ["x"]);
  const gradient = differentiate(b, graph, rules, new Map([[y.name, ones]]), active).of("x");
  return gradient && b.build([{ name: "gradient", value: gradient }]);
}

/** The gradient of Σ y with respect to x. */
async function gradientOf(build: Build, x: readonly number[], rules?: Registry) {
  const graph = gradientGraph(build, [x.length], rules);
  if (!graph) return undefined;
  const executable = await ortBackend({ threads: 1 }).compile(graph);
  const results = await executable.run(new Map([["x", float32([x.length], x)]]));
  await executable.dispose();
  return Array.from(toNumbers(results.get("gradient")!));
}

const vector = (b: GraphBuilder, ...v: number[]): Value => b.constant(float32([v.length], v));

describe("the gradient", () => {
  it("of a value that is used twice is the sum over its uses: (x² + 3x)' = 2x + 3", async () => {
    const y: Build = (b, x) => b.add(b.mul(x, x), b.mulScalar(x, 3));
    expect(await gradientOf(y, [1, -2, 5])).toEqual([5, -1, 13]);
  });

  it("of what was broadcast is summed over the copies", async () => {
    const y: Build = (b, x) => b.mul(x, b.constant(float32([2, 3], [1, 2, 3, 4, 5, 6])));
    expect(await gradientOf(y, [7, 8, 9])).toEqual([5, 7, 9]);
  });

  it("passes through a chain: (relu(2x) · w)'", async () => {
    const y: Build = (b, x) => b.mul(b.op("Relu", [b.mulScalar(x, 2)]), vector(b, 1, 10, 100));
    expect(await gradientOf(y, [1, -1, 2])).toEqual([2, 0, 200]);
  });

  it("does not flow through a step: (x · ⌊x⌋)' = ⌊x⌋", async () => {
    const y: Build = (b, x) => b.mul(x, b.op("Floor", [x]));
    expect(await gradientOf(y, [1.5, -0.5])).toEqual([1, -1]);
  });

  it("does not exist where nothing depends on x", async () => {
    expect(await gradientOf((b, x) => b.op("Floor", [x]), [1])).toBeUndefined();
  });

  it("follows a changed rule: guided back-propagation is another Relu", async () => {
    const guided = registry.with({
      Relu: {
        vjp: (b, n, [dy]) => [() => b.mul(b.op("Relu", [dy!]), b.mask(b.greater(n.y(), 0), dy!))],
      },
    });
    const y: Build = (b, x) => b.mul(b.op("Relu", [x]), vector(b, 1, -1));
    expect(await gradientOf(y, [2, 2])).toEqual([1, -1]);
    expect(await gradientOf(y, [2, 2], guided)).toEqual([1, 0]);
  });
});

// Read from PyTorch 2.15.
describe("ties follow PyTorch", () => {
  it("relu'(0) = 0", async () => {
    expect(await gradientOf((b, x) => b.op("Relu", [x]), [0])).toEqual([0]);
  });

  it("|x|' = 0 at 0", async () => {
    expect(await gradientOf((b, x) => b.op("Abs", [x]), [0])).toEqual([0]);
  });

  it("amax shares evenly", async () => {
    const y: Build = (b, x) => b.op("ReduceMax", [x], { keepdims: int(0) });
    expect(await gradientOf(y, [3, 1, 3])).toEqual([0.5, 0, 0.5]);
  });

  it("max_pool gives all to the first maximum", async () => {
    const y: Build = (b, x) => {
      const pooled = { kernel_shape: { type: "ints", value: [3] } } as const;
      return b.op("MaxPool", [b.reshape(x, [1, 1, 3])], pooled);
    };
    expect(await gradientOf(y, [1, 3, 3])).toEqual([0, 1, 0]);
  });

  it("adaptive_max_pool gives all to the first maximum", async () => {
    const y: Build = (b, x) => b.op("GlobalMaxPool", [b.reshape(x, [1, 1, 3])]);
    expect(await gradientOf(y, [1, 3, 3])).toEqual([0, 1, 0]);
  });

  it("maximum shares between its operands", async () => {
    const y: Build = (b, x) => b.op("Max", [x, vector(b, 1, 1, 1)]);
    expect(await gradientOf(y, [0, 1, 2])).toEqual([0, 0.5, 1]);
  });

  it("clamp and relu6 let nothing pass at their bounds", async () => {
    const y: Build = (b, x) => b.op("Clip", [x, b.scalar(0, x), b.scalar(6, x)]);
    expect(await gradientOf(y, [-1, 0, 3, 6, 7])).toEqual([0, 0, 1, 0, 0]);
  });

  it("hardswish'(−3) = 0 and hardswish'(3) = 1", async () => {
    expect(await gradientOf((b, x) => b.op("HardSwish", [x]), [-3, 3])).toEqual([0, 1]);
  });

  it("hardsigmoid' = 0 at both ends", async () => {
    const sixth = { type: "float", value: 1 / 6 } as const;
    const y: Build = (b, x) => b.op("HardSigmoid", [x], { alpha: sixth });
    expect(await gradientOf(y, [-3, 3])).toEqual([0, 0]);
  });

  it("what is not smooth at 0 takes its left slope there", async () => {
    const slope = { alpha: { type: "float", value: 0.25 } } as const;
    expect(await gradientOf((b, x) => b.op("LeakyRelu", [x], slope), [0])).toEqual([0.25]);
    expect(await gradientOf((b, x) => b.op("Elu", [x], slope), [0])).toEqual([0.25]);
    expect(await gradientOf((b, x) => b.op("PRelu", [x, vector(b, 0.25)]), [0])).toEqual([0.25]);
  });
});

describe("only what lies between the input and the output is asked for a gradient", () => {
  it("and every node that has none is named at once", () => {
    const none = registry.with({
      Tanh: { vjp: "not-differentiable" },
      Sin: { vjp: "not-differentiable" },
    });
    const y: Build = (b, x) => b.op("Sin", [b.op("Tanh", [x], {}, "t")], {}, "s");
    const attempt = (): unknown => gradientGraph(y, [2], none);
    expect(attempt).toThrow(UnsupportedModelError);
    expect(attempt).toThrow(/Tanh \(node "t"[\s\S]*Sin|Sin[\s\S]*Tanh \(node "t"/);
  });

  it("so that a node beside the path may have none", async () => {
    const none = registry.with({ Tanh: { vjp: "not-differentiable" } });
    const y: Build = (b, x) => b.mul(x, b.op("Tanh", [vector(b, 0, 0)]));
    expect(await gradientOf(y, [1, 2], none)).toEqual([0, 0]);
  });
});
