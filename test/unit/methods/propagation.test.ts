import { explain as explainOn } from "../../../src/methods/core/explain.js";
import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { Session } from "../../../src/runtime/session.js";
import { deepLift } from "../../../src/methods/propagation/deep-lift.js";
import { lrp } from "../../../src/methods/propagation/lrp.js";
import { int, ints } from "../../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../../src/onnx/builder.js";
import type { TypedGraph, Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { float32, toNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";
import { goldenTensor, network } from "../../support/networks.js";
import { Random } from "../../support/random.js";

const backend = ortBackend({ threads: 1 });

interface Asked {
  readonly method: typeof deepLift | typeof lrp;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly target?: number;
}

async function explain(graph: TypedGraph, x: Tensor, { method, settings = {}, target }: Asked) {
  const session = new Session(graph, registry, backend);
  const { attribution, samples } = await explainOn(session, x, method, target ?? "top", {
    settings,
  });
  await session.dispose();
  return {
    attribution: Array.from(toNumbers(attribution!)),
    scores: samples.map((s) => s.score),
    info: samples.map((s) => s.info as Readonly<Record<string, number>>),
  };
}

/** One score of an image of two pixels. */
function ofTwo(f: (b: GraphBuilder, p: Value, q: Value) => Value): TypedGraph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: ["N", 2, 1, 1] });
  const [p, q] = [0, 1].map((c) => b.reshape(b.slice(x, [1], [c], [c + 1]), ["N", 1]));
  return b.build([{ name: "y", value: f(b, p!, q!) }]);
}

const pair = (p: number, q: number): Tensor => float32([1, 2, 1, 1], [p, q]);
const from = (p: number, q: number) => ({ baseline: "given", given: pair(p, q) });

describe("DeepLIFT", () => {
  it.each(["tiny-relu", "tiny-silu", "mobilenet-v2", "squeezenet", "googlenet", "densenet"])(
    "adds up to the difference from the baseline's score: %s",
    async (name) => {
      const x = goldenTensor(name, "input.npy");
      const graph = await network(name, "legacy");
      for (const settings of [{}, { baseline: "blur" }]) {
        const { info, scores } = await explain(graph, x, { method: deepLift, settings });
        info.forEach(({ sum, baselineScore, delta }, n) => {
          const size = Math.abs(scores[n]!) + Math.abs(baselineScore!);
          expect(Math.abs(sum! - (scores[n]! - baselineScore!)) / size).toBeLessThan(1e-5);
          expect(Math.abs(delta!) / size).toBeLessThan(1e-5);
        });
      }
    },
  );

  it("of a product gives each factor its change times the other's mean", async () => {
    const graph = ofTwo((b, p, q) => b.mul(p, q));
    const asked = { method: deepLift, settings: from(1, -2) };
    const { attribution } = await explain(graph, pair(4, 5), asked);
    expect(attribution).toEqual([3 * 1.5, 7 * 2.5]);
  });

  it("of a quotient adds up: 6/3 from 1/2", async () => {
    const graph = ofTwo((b, p, q) => b.div(p, q));
    const asked = { method: deepLift, settings: from(1, 2) };
    const { attribution } = await explain(graph, pair(6, 3), asked);
    // 5·(1/3 + 1/2)/2 and (1/3 − 1/2)·(6 + 1)/2
    expect(attribution[0]).toBeCloseTo(25 / 12, 6);
    expect(attribution[1]).toBeCloseTo(-7 / 12, 6);
  });

  it("of a maximum that changes hands gives the new winner the change", async () => {
    const graph = ofTwo((b, p, q) => b.op("Max", [p, q]));
    const asked = { method: deepLift, settings: from(2, 1) };
    expect((await explain(graph, pair(0, 5), asked)).attribution).toEqual([
      expect.closeTo(0, 9),
      3,
    ]);
    expect((await explain(graph, pair(1.5, 0), asked)).attribution).toEqual([
      -0.5,
      expect.closeTo(0, 9),
    ]);
  });

  it("is the gradient times the change where a pixel does not change", async () => {
    const graph = ofTwo((b, p, q) => b.op("Sigmoid", [b.add(p, q)]));
    const asked = { method: deepLift, settings: from(1, 0) };
    const { attribution, info } = await explain(graph, pair(1, 0), asked);
    expect(attribution).toEqual([0, 0]);
    expect(info[0]!.delta).toBe(0);
  });
});

/** Conv, ReLU, MaxPool, Conv with a residual sum, AveragePool, MatMul; no biases. */
function withoutBiases(): TypedGraph {
  const random = new Random(4);
  const b = newGraph();
  const weight = (...dims: number[]): Value => {
    const size = dims.reduce((p, d) => p * d, 1);
    return b.constant(
      float32(
        dims,
        Float64Array.from({ length: size }, () => random.uniform(-1, 1)),
      ),
    );
  };
  const same = { pads: ints([1, 1, 1, 1]) };
  const x = b.input("x", { dtype: "float32", shape: ["N", 2, 8, 8] });
  const first = b.op("Relu", [b.op("Conv", [x, weight(4, 2, 3, 3)], same)]);
  const pooled = b.op("MaxPool", [first], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
  const sum = b.op("Relu", [b.add(b.op("Conv", [pooled, weight(4, 4, 3, 3)], same), pooled)]);
  const mean = b.op("Flatten", [b.op("GlobalAveragePool", [sum])], { axis: int(1) });
  return b.build([{ name: "y", value: b.matmul(mean, weight(4, 3)) }]);
}

describe("LRP", () => {
  const image = float32(
    [2, 2, 8, 8],
    Float64Array.from({ length: 256 }, (_, i) => Math.sin(1.7 * i)),
  );

  it.each(["epsilon", "gamma", "composite"])(
    "with the rule %s neither makes nor loses relevance in a network without biases",
    async (rule) => {
      const asked = { method: lrp, settings: { rule } };
      const { attribution, scores, info } = await explain(withoutBiases(), image, asked);
      scores.forEach((score, n) => {
        const sum = attribution.slice(128 * n, 128 * (n + 1)).reduce((p, r) => p + r, 0);
        expect(Math.abs(sum - score) / Math.abs(score)).toBeLessThan(2e-4);
        expect(info[n]!.sum! + info[n]!.absorbed!).toBeCloseTo(score, 4);
      });
    },
  );

  /** y = 3p − q + bias */
  const layer = (bias: number): TypedGraph =>
    ofTwo((b, p, q) =>
      b.op("Gemm", [
        b.concat([p, q], 1),
        b.constant(float32([2, 1], [3, -1])),
        b.constant(float32([1], [bias])),
      ]),
    );

  it("shares the score as the terms of a layer's sum; ε takes its part", async () => {
    const settings = { rule: "epsilon", epsilon: 1 };
    const { attribution, info } = await explain(layer(0), pair(2, 1), { method: lrp, settings });
    // 3·2 and −1 of 5, times 5/(5 + 1)
    expect(attribution[0]).toBeCloseTo(5, 6);
    expect(attribution[1]).toBeCloseTo(-5 / 6, 6);
    expect(info[0]!.absorbed).toBeCloseTo(5 / 6, 6);
  });

  it("with the γ rule counts what has the sign of the score 1 + γ times", async () => {
    const settings = { rule: "gamma", gamma: 0.5 };
    const { attribution } = await explain(layer(0), pair(2, 1), { method: lrp, settings });
    // 9 and −1 of 8, times the score of 5
    expect(attribution[0]).toBeCloseTo(45 / 8, 5);
    expect(attribution[1]).toBeCloseTo(-5 / 8, 5);
  });

  it("leaves to a bias its share", async () => {
    const settings = { rule: "epsilon" };
    const { attribution, info } = await explain(layer(4), pair(2, 1), { method: lrp, settings });
    expect(attribution.map((r) => Number(r.toFixed(4)))).toEqual([6, -1]);
    expect(info[0]!.absorbed).toBeCloseTo(4, 5);
  });

  it("gives a gated signal all of a product, and the gate nothing", async () => {
    const graph = ofTwo((b, p, q) => b.mul(b.op("Sigmoid", [p]), q));
    const { attribution, scores } = await explain(graph, pair(2, 3), { method: lrp });
    expect(attribution).toEqual([0, scores[0]]);
  });

  it("starts from a difference of two classes as from any score", async () => {
    const session = new Session(withoutBiases(), registry, backend);
    const { samples } = await explainOn(session, image, lrp, { of: 0, versus: 2 });
    await session.dispose();
    for (const { score, info } of samples) {
      expect(Math.abs(Number(info!.sum) - score) / Math.abs(score)).toBeLessThan(2e-4);
    }
  });
});
