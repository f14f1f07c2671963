import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { Session } from "../../../src/runtime/session.js";
import type { Target } from "../../../src/target/target.js";
import { TargetError } from "../../../src/errors.js";
import { int } from "../../../src/onnx/attribute.js";
import type { TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { float32, toNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";
import { newGraph } from "../../support/graphs.js";
import { goldenTensor, network } from "../../support/networks.js";

const backend = ortBackend({ threads: 1 });

describe("the difference of two classes", () => {
  const x = goldenTensor("tiny-silu", "input.npy");
  let session: Session;
  beforeAll(async () => {
    session = new Session(await network("tiny-silu", "dynamo"), registry, backend);
  });
  afterAll(() => session.dispose());
  const gradientOf = async (target: Target): Promise<Tensor> =>
    (await session.fullGradient(x, target)).inputGradient;

  it("has the difference of their gradients, and adds up", async () => {
    const [p, q] = [toNumbers(await gradientOf(3)), toNumbers(await gradientOf([5, 6]))];
    const { inputGradient, samples } = await session.fullGradient(x, { of: 3, versus: [5, 6] });
    const difference = Array.from(p, (v, i) => v - q[i]!);
    expect(relativeL2(inputGradient, difference)).toBeLessThan(1e-6);
    const logits = toNumbers(await session.predict(x));
    expect(samples).toMatchObject([
      { target: 3, versus: 5 },
      { target: 3, versus: 6 },
    ]);
    expect(samples[0]!.score).toBeCloseTo(logits[3]! - logits[5]!, 5);
    expect(samples[1]!.score).toBeCloseTo(logits[13]! - logits[16]!, 5);
    for (const s of samples) expect(s.completeness.conditioned).toBeLessThan(1e-6);
  });

  it("is the same of scores and of log-probabilities: the normalization cancels", async () => {
    const contrast = { of: 3, versus: 5 } as const;
    const a = await session.fullGradient(x, contrast);
    const b = await session.fullGradient(x, { ...contrast, quantity: "log-probability" });
    expect(relativeL2(b.inputGradient, a.inputGradient)).toBeLessThan(1e-5);
    expect(b.samples[0]!.score).toBeCloseTo(a.samples[0]!.score, 5);
  });

  it("is that of two seeds", async () => {
    const seed = float32([1, 10], [0, 0, 0, 1, 0, -1, 0, 0, 0, 0]);
    const a = await session.verify(x, { of: 3, versus: 5 });
    const b = await session.verify(x, { of: 3, versus: { seed: oneHot(5) } });
    const c = await session.verify(x, { seed });
    expect([a, b, c].map(([s]) => s!.score.toFixed(5))).toEqual(
      new Array(3).fill(a[0]!.score.toFixed(5)),
    );
    expect(b[0]!.target).toBe("3 versus seed");
  });

  it.each([
    [{ of: 3, versus: 3 }, /target and versus are both class 3, so their difference is 0/],
    [{ of: "top", versus: "top" }, /the second target must be a class/],
    [{ of: 3, versus: 10 }, /class 10 does not exist: the model has classes 0 to 9/],
    [{ of: "top", versus: { seed: oneHot(1) } }, /give a class in place of "top"/],
    [
      { of: { seed: oneHot(1) }, versus: 1 },
      /target and versus are equal, so their difference is 0/,
    ],
  ] as const)("%o is refused", async (target, message) => {
    await expect(session.verify(x, target)).rejects.toThrow(message);
    await expect(session.verify(x, target)).rejects.toThrow(TargetError);
  });
});

const oneHot = (k: number): Tensor =>
  float32(
    [1, 10],
    Array.from({ length: 10 }, (_, i) => (i === k ? 1 : 0)),
  );

/** Three classes with the pixels themselves as scores, and what the model ends in. */
function scores(ending?: "Softmax" | "LogSoftmax" | "Sigmoid", classes = 3): TypedGraph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: ["N", classes, 1, 1] });
  const rows = b.op("Flatten", [x], { axis: int(1) });
  const attributes = ending === "Sigmoid" ? {} : { axis: int(1) };
  return b.build([{ name: "y", value: ending ? b.op(ending, [rows], attributes) : rows }]);
}

describe("the log-probability of a class", () => {
  const x = float32([1, 3, 1, 1], [1, 2, 3]);
  const sum = Math.exp(1) + Math.exp(2) + Math.exp(3);

  it.each([undefined, "Softmax", "LogSoftmax"] as const)(
    "is that of the logits, where the model ends in %s",
    async (ending) => {
      const session = new Session(scores(ending), registry, backend);
      const target = { of: 1, quantity: "log-probability" } as const;
      const { samples, inputGradient } = await session.fullGradient(x, target);
      expect(samples[0]!.score).toBeCloseTo(2 - Math.log(sum), 6);
      // ∂ log p₁ / ∂z = onehot − softmax
      const expected = [1, 2, 3].map((z, k) => (k === 1 ? 1 : 0) - Math.exp(z) / sum);
      expect(relativeL2(inputGradient, expected)).toBeLessThan(1e-6);
      expect(samples[0]!.completeness.conditioned).toBeLessThan(1e-6);
      await session.dispose();
    },
  );

  it.each([
    [scores("Sigmoid"), /comes from a Sigmoid: its classes do not exclude each other/],
    [scores(undefined, 1), /has no log-probabilities: they need scores of several classes/],
  ] as const)("is refused where there is no softmax", async (graph, message) => {
    const session = new Session(graph, registry, backend);
    const classes = Number(graph.inputs[0]!.fact.shape[1]);
    const one = float32([1, classes, 1, 1], [1, 2, 3].slice(0, classes));
    await expect(session.verify(one, { of: 0, quantity: "log-probability" })).rejects.toThrow(
      message,
    );
  });
});
