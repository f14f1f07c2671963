import { explain } from "../../../src/methods/core/explain.js";
import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { Session } from "../../../src/runtime/session.js";
import { InputError, TargetError, UnsupportedModelError } from "../../../src/errors.js";
import { fullgrad } from "../../../src/methods/full-gradients/fullgrad.js";
import { int } from "../../../src/onnx/attribute.js";
import type { TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import type { Dim } from "../../../src/tensor/shape.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";
import { newGraph } from "../../support/graphs.js";
import { Random } from "../../support/random.js";

const backend = ortBackend({ threads: 1 });

/** Two classes: the mean of relu(x₀ + 1) and of relu(x₁ − 1). */
function twoClasses(batch: Dim): TypedGraph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [batch, 2, 2, 2] });
  const shifted = b.add(x, b.constant(float32([2, 1, 1], [1, -1])), "shift");
  const relu = b.op("Relu", [shifted], {}, "relu");
  const logits = b.op("ReduceMean", [relu, b.ints([2, 3])], { keepdims: int(0) }, "logits");
  return b.build([{ name: "logits", value: logits }]);
}

const open = (): Session => new Session(twoClasses("N"), registry, backend);

describe("the decomposition of a model small enough to work out by hand", () => {
  // Class 0 sees 2, 3, 0 (−1 is cut off), 5; class 1 sees 0, 1, 2, 3.
  const x = float32([1, 2, 2, 2], [1, 2, -2, 4, 1, 2, 3, 4]);

  it("has score, gradient, input term and bias term", async () => {
    const session = open();
    const { samples, inputGradient, biasTerms } = await session.fullGradient(x, "top");
    await session.dispose();
    const { target, score, completeness } = samples[0]!;
    expect([target, score]).toEqual([0, 2.5]);
    const quarters = [0.25, 0.25, 0, 0.25, 0, 0, 0, 0];
    expect(Array.from(toNumbers(inputGradient))).toEqual(quarters);
    expect(completeness).toMatchObject({ inputTerm: 1.75, biasTerm: 0.75, residual: 0 });
    expect(biasTerms.map((t) => t.unit.node)).toEqual(["shift"]);
    // The shift of −1 meets a gradient of 0.
    expect(Array.from(toNumbers(biasTerms[0]!.term), (v) => v + 0)).toEqual(quarters);
  });

  it("may be that of another class", async () => {
    const session = open();
    const { samples } = await session.fullGradient(x, 1);
    await session.dispose();
    expect(samples[0]).toMatchObject({ target: 1, score: 1.5 });
    expect(samples[0]!.completeness).toMatchObject({ inputTerm: 2.25, biasTerm: -0.75 });
  });

  it("has the map of the paper: Σ ψ over channels and terms", async () => {
    const session = open();
    const { map } = await explain(session, x, fullgrad, "top");
    await session.dispose();
    // |gradient ⊙ x| = [.25 .5 0 1 | 0 0 0 0], rescaled to its largest, 1; |bias term| = [.25 .25 0 .25 | 0 …]
    const rescale = (v: number, most: number): number => v / (most + 1e-6);
    const expected = [
      rescale(0.25, 1) + rescale(0.25, 0.25),
      rescale(0.5, 1) + rescale(0.25, 0.25),
      0,
      rescale(1, 1) + rescale(0.25, 0.25),
    ];
    expect(relativeL2(map, expected)).toBeLessThan(1e-6);
  });
});

describe("a batch", () => {
  const x = float32([5, 2, 2, 2], new Random(1).many(40, -2, 2));

  it("of any size fits a model whose own batch is fixed", async () => {
    const fixed = new Session(twoClasses(2), registry, backend);
    const session = open();
    const [a, b] = [await fixed.fullGradient(x, "top"), await session.fullGradient(x, "top")];
    expect(a.inputGradient).toEqual(b.inputGradient);
    expect(a.samples.map((s) => s.completeness)).toEqual(b.samples.map((s) => s.completeness));
    expect(await fixed.predict(x)).toEqual(await session.predict(x));
    await Promise.all([fixed.dispose(), session.dispose()]);
  });

  it("may have a class of its own for each sample", async () => {
    const session = open();
    const { samples } = await session.fullGradient(x, [0, 1, 1, 0, 1]);
    await session.dispose();
    expect(samples.map((s) => s.target)).toEqual([0, 1, 1, 0, 1]);
  });
});

describe("what cannot be explained is refused", () => {
  const x = float32([1, 2, 2, 2], new Float32Array(8));

  it("a class that does not exist", async () => {
    await expect(open().fullGradient(x, 2)).rejects.toThrow(TargetError);
    await expect(open().fullGradient(x, -1)).rejects.toThrow(TargetError);
    await expect(open().fullGradient(x, [0, 1])).rejects.toThrow(TargetError);
  });

  it("an image of another shape", async () => {
    const small = float32([1, 2, 1, 2], new Float32Array(4));
    await expect(open().fullGradient(small, "top")).rejects.toThrow(InputError);
  });

  it("an output or input that does not exist", () => {
    const make = (options: object) => () =>
      new Session(twoClasses("N"), registry, backend, options);
    expect(make({ output: "nowhere" })).toThrow(TargetError);
    expect(make({ input: "nowhere" })).toThrow(InputError);
  });

  it("an output that does not depend on the image", async () => {
    const b = newGraph();
    const image = b.input("x", { dtype: "float32", shape: ["N", 2] });
    const step = b.op("Floor", [image], {}, "step");
    const session = new Session(b.build([{ name: "step", value: step }]), registry, backend);
    const two = float32([1, 2], [0.5, 1.5]);
    await expect(session.fullGradient(two, "top")).rejects.toThrow(TargetError);
  });

  it("a node on the way that has no gradient, by name", async () => {
    const rules = registry.with({ Relu: { vjp: "not-differentiable" } });
    const session = new Session(twoClasses("N"), rules, backend);
    await expect(session.fullGradient(x, "top")).rejects.toThrow(UnsupportedModelError);
    await expect(session.fullGradient(x, "top")).rejects.toThrow(/relu/);
  });
});
