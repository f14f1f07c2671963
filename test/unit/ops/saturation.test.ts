import { describe, expect, it } from "vitest";
import { float, int, text } from "../../../src/onnx/attribute.js";
import type { Attributes } from "../../../src/onnx/ir.js";
import { toNumbers } from "../../../src/tensor/tensor.js";
import { evaluate } from "./record-check.js";

const { exp, cosh, log1p, sqrt, PI, tanh } = Math;
const sigma = (x: number): number => 1 / (1 + exp(-x));
const tanhGelu = (x: number): number => 2 * sqrt(2 / PI) * (x + 0.044715 * x ** 3);

interface Activation {
  readonly op: string;
  /** In double precision, in a form that loses nothing. */
  readonly slope: (x: number) => number;
  readonly attributes?: Attributes;
  readonly opset?: number;
}

const activations: readonly Activation[] = [
  { op: "Sigmoid", slope: (x) => sigma(x) * sigma(-x) },
  { op: "Tanh", slope: (x) => 1 / cosh(x) ** 2 },
  { op: "Softplus", slope: sigma },
  { op: "Swish", slope: (x) => sigma(x) * (1 + x * sigma(-x)), opset: 24 },
  {
    op: "Gelu",
    slope: (x) => {
      const inner = 2 * sqrt(2 / PI) * (1 + 3 * 0.044715 * x * x);
      return sigma(tanhGelu(x)) * (1 + x * sigma(-tanhGelu(x)) * inner);
    },
    attributes: { approximate: text("tanh") },
    opset: 20,
  },
  {
    op: "Mish",
    slope: (x) => tanh(log1p(exp(x))) + (x * sigma(x)) / cosh(log1p(exp(x))) ** 2,
  },
  { op: "Elu", slope: (x) => (x > 0 ? 1 : 0.5 * exp(x)), attributes: { alpha: float(0.5) } },
  {
    op: "Selu",
    slope: (x) => (x > 0 ? 1.0507 : 1.0507 * 1.67326 * exp(x)),
    attributes: { alpha: float(1.67326), gamma: float(1.0507) },
  },
  { op: "Celu", slope: (x) => (x > 0 ? 1 : exp(x / 2)), attributes: { alpha: float(2) } },
  { op: "Erf", slope: (x) => (2 / sqrt(PI)) * exp(-x * x) },
];

describe("where an activation saturates, its slope keeps its digits", () => {
  it.each(activations)("$op", async ({ op, slope, attributes = {}, opset = 18 }) => {
    const reach = op === "Erf" || op === "Gelu" ? 5 : 38;
    const values = Array.from({ length: 77 }, (_, i) =>
      Math.fround(((i - 38) * reach) / 38 + 0.01),
    );
    const found = await evaluate({
      op,
      attributes,
      inputs: [{ dims: [values.length], values }],
      dy: values.map(() => 1),
      dtype: "float32",
      opset,
    });
    const gradient = toNumbers(found.gradients.get(0)!);
    values.forEach((x, i) => {
      const expected = slope(x);
      expect(Math.abs(gradient[i]! / expected - 1), `${op}'(${x}) = ${expected}`).toBeLessThan(
        2e-5,
      );
    });
  });

  it.each(["Asin", "Acos", "Atanh"])("%s near the end of its domain", async (op) => {
    const x = Math.fround(1 - 1e-6);
    const { gradients } = await evaluate({
      op,
      inputs: [{ dims: [1], values: [x] }],
      dy: [1],
      dtype: "float32",
    });
    const square = (1 - x) * (1 + x);
    const expected = op === "Atanh" ? 1 / square : 1 / sqrt(square);
    expect(Math.abs(toNumbers(gradients.get(0)!)[0]!) / expected).toBeCloseTo(1, 6);
  });
});

describe("where one logit is far above the others", () => {
  const logits = [2, 30, 1, -4];
  const weights = logits.map((z) => exp(z - 30));
  const total = weights.reduce((a, c) => a + c, 0);
  const p = weights.map((w) => w / total);
  // 1 − p of the largest, without the cancellation.
  const rest = [0, 2, 3].reduce((sum, i) => sum + p[i]!, 0);
  const others = p.map((v, i) => (i === 1 ? rest : 1 - v));

  it.each([0, 1, 2, 3])(
    "the softmax of class %i has PyTorch's float64 gradient",
    async (target) => {
      const expected = p.map((v, i) => (i === target ? v * others[i]! : -v * p[target]!));
      await expectGradient("Softmax", target, expected);
    },
  );

  it.each([0, 1, 2, 3])("so has the log of class %i", async (target) => {
    await expectGradient(
      "LogSoftmax",
      target,
      p.map((v, i) => (i === target ? others[i]! : -v)),
    );
  });

  it.each([3, 8, 13, 16, 18, 24, 40])(
    "by %d, whatever the gradient of the softmax",
    async (gap) => {
      const values = [0, gap, 1, -0.5];
      const dy = [0.7, -1.3, 2.1, 0.4].map(Math.fround);
      const powers = values.map((z) => exp(z - gap));
      const q = powers.map((w) => w / powers.reduce((a, c) => a + c, 0));
      // qᵢ Σⱼ qⱼ(dyᵢ − dyⱼ), in which nothing cancels that is large.
      const expected = q.map((v, i) => q.reduce((sum, w, j) => sum + v * w * (dy[i]! - dy[j]!), 0));
      const { gradients } = await evaluate({
        ...{ op: "Softmax", attributes: { axis: int(1) }, dy, dtype: "float32" },
        inputs: [{ dims: [1, 4], values }],
      });
      const found = toNumbers(gradients.get(0)!);
      expected.forEach((e, i) => {
        expect(Math.abs(found[i]! / e - 1), `${found[i]!} for ${e}`).toBeLessThan(1e-5);
      });
    },
  );

  async function expectGradient(op: string, target: number, expected: number[]): Promise<void> {
    const { gradients } = await evaluate({
      op,
      attributes: { axis: int(1) },
      inputs: [{ dims: [1, 4], values: logits }],
      dy: logits.map((_, i) => (i === target ? 1 : 0)),
      dtype: "float32",
    });
    const found = toNumbers(gradients.get(0)!);
    expected.forEach((e, i) => {
      expect(Math.abs(found[i]! / e - 1), `${found[i]!} for ${e}`).toBeLessThan(1e-5);
    });
  }
});
