import { explain } from "../../../../src/methods/core/explain.js";
import { expect, test } from "vitest";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { Session } from "../../../../src/runtime/session.js";
import { fullgrad } from "../../../../src/methods/full-gradients/fullgrad.js";
import { float, ints } from "../../../../src/onnx/attribute.js";
import { GraphBuilder } from "../../../../src/onnx/builder.js";
import type { TypedGraph } from "../../../../src/onnx/ir.js";
import { registry } from "../../../../src/ops/all.js";
import { float32, toNumbers, type Tensor } from "../../../../src/tensor/tensor.js";

const weights = Float32Array.from({ length: 2 * 9 }, (_, i) => Math.sin(3 * i + 1));
const ownBias = [0.3, -0.2];
const gamma = [1.5, 0.7];
const beta = [0.1, -0.4];
const mean = [0.2, -0.3];
const variance = [0.8, 1.7];
const epsilon = 1e-5;
const x = float32(
  [2, 1, 5, 6],
  Float32Array.from({ length: 60 }, (_, i) => Math.cos(2 * i)),
);

/** Conv with a bias, BatchNormalization, ReLU, global pool; the normalization kept as a node or folded by hand. */
function network(folded: boolean): TypedGraph {
  const none = new Map<string, never>();
  const b = GraphBuilder.on(
    {
      name: "block",
      opsets: new Map([["", 18]]),
      inputs: [],
      outputs: [],
      nodes: [],
      constants: none,
      metadata: none,
      facts: none,
    },
    registry.infer,
  );
  const gain = gamma.map((g, c) => g / Math.sqrt(variance[c]! + epsilon));
  const w = folded ? weights.map((v, i) => v * gain[Math.floor(i / 9)]!) : weights;
  const bias = folded ? ownBias.map((v, c) => (v - mean[c]!) * gain[c]! + beta[c]!) : ownBias;
  const vector = (values: readonly number[]) => b.constant(float32([2], values));
  const image = b.input("image", { dtype: "float32", shape: ["N", 1, 5, 6] });
  let y = b.op("Conv", [image, b.constant(float32([2, 1, 3, 3], w)), vector(bias)], {
    pads: ints([1, 1, 1, 1]),
  });
  if (!folded) {
    const statistics = [gamma, beta, mean, variance].map(vector);
    y = b.op("BatchNormalization", [y, ...statistics], { epsilon: float(epsilon) });
  }
  const pooled = b.op("GlobalAveragePool", [b.op("Relu", [y])]);
  return b.build([{ name: "logits", value: b.op("Flatten", [pooled]) }]);
}

async function mapOf(folded: boolean, convention: "head" | "paper2019"): Promise<Tensor> {
  const session = new Session(network(folded), registry, ortBackend({ threads: 1 }));
  const { map, samples } = await explain(session, x, fullgrad, [0, 1], {
    settings: { convention },
  });
  for (const { completeness } of samples) expect(completeness!.conditioned).toBeLessThan(1e-6);
  await session.dispose();
  return map;
}

function largestDifference(a: Tensor, b: Tensor): number {
  const [p, q] = [Array.from(toNumbers(a)), Array.from(toNumbers(b))];
  return Math.max(...p.map((v, i) => Math.abs(v - q[i]!)));
}

test("in paper2019 a convolution and its BatchNormalization are one block, folded or not", async () => {
  expect(
    largestDifference(await mapOf(true, "paper2019"), await mapOf(false, "paper2019")),
  ).toBeLessThan(1e-5);
});

test("in head they are two layers, so that folding changes the map", async () => {
  expect(largestDifference(await mapOf(true, "head"), await mapOf(false, "head"))).toBeGreaterThan(
    0.01,
  );
});

test("a layer without any spread gives a map without NaN", async () => {
  const session = new Session(network(true), registry, ortBackend({ threads: 1 }));
  const zeros = float32([1, 1, 5, 6], new Float32Array(30));
  for (const convention of ["head", "paper2019"] as const) {
    const { map } = await explain(session, zeros, fullgrad, 0, { settings: { convention } });
    expect(Array.from(toNumbers(map)).every(Number.isFinite)).toBe(true);
  }
});
