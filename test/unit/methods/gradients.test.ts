import { explain } from "../../../src/methods/core/explain.js";
import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { Session } from "../../../src/runtime/session.js";
import { InputError, UsageError } from "../../../src/errors.js";
import { pixelRange, preprocess, presets } from "../../../src/image/preprocess.js";
import { findMethod } from "../../../src/methods/all.js";
import { gaussLegendre } from "../../../src/methods/building-blocks/gauss-legendre.js";
import type { TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { relativeL2 } from "../../support/compare.js";
import { newGraph } from "../../support/graphs.js";
import { goldenTensor, network } from "../../support/networks.js";
import { Random } from "../../support/random.js";

const backend = ortBackend({ threads: 1 });
const ig = findMethod("integrated-gradients");

describe("Gauss–Legendre", () => {
  it("with two nodes has them at ½ ± 1/√12, with three at ½, ½ ± √(3/20)", () => {
    const two = gaussLegendre(2);
    expect(two.nodes[0]).toBeCloseTo(0.5 - 1 / Math.sqrt(12), 15);
    expect(two.weights).toEqual([expect.closeTo(0.5, 15), expect.closeTo(0.5, 15)]);
    const three = gaussLegendre(3);
    expect(three.nodes[2]).toBeCloseTo(0.5 + Math.sqrt(3 / 20), 15);
    expect(three.weights[0]).toBeCloseTo(5 / 18, 15);
    expect(three.weights[1]).toBeCloseTo(8 / 18, 15);
  });

  it.each([1, 2, 7, 50, 300])("with %i nodes integrates xᵏ up to k = 2n − 1", (n) => {
    const { nodes, weights } = gaussLegendre(n);
    for (const k of [0, 1, n, 2 * n - 1]) {
      const sum = nodes.reduce((s, x, i) => s + weights[i]! * x ** k, 0);
      expect(sum * (k + 1)).toBeCloseTo(1, 12);
    }
  });
});

/** One class: the product of two pixels. */
function product(): TypedGraph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: ["N", 2, 1, 1] });
  const [p, q] = [0, 1].map((c) => b.reshape(b.slice(x, [1], [c], [c + 1]), ["N", 1]));
  return b.build([{ name: "y", value: b.mul(p!, q!) }]);
}

describe("integrated gradients", () => {
  it("of x·y from (a, b) are (x − a)(y + b)/2 and (y − b)(x + a)/2", async () => {
    const session = new Session(product(), registry, backend);
    const given = float32([1, 2, 1, 1], [1, -2]);
    const settings = { steps: 1, baseline: "given", given };
    const x = float32([1, 2, 1, 1], [4, 5]);
    const { attribution, samples } = await explain(session, x, ig, "top", { settings });
    await session.dispose();
    // One node is exact for a gradient that is linear in α.
    expect(Array.from(toNumbers(attribution!))).toEqual([4.5, 17.5]);
    expect(samples[0]).toMatchObject({ score: 20, info: { baselineScore: -2, sum: 22, delta: 0 } });
  });

  it("sum to the difference of the scores, the closer the more steps", async () => {
    const x = goldenTensor("tiny-silu", "input.npy");
    const session = new Session(await network("tiny-silu", "legacy"), registry, backend);
    const deltas = async (steps: number): Promise<number[]> => {
      const { samples } = await explain(session, x, ig, "top", { settings: { steps } });
      return samples.map(({ score, info }) => {
        const difference = score - Number(info!["baselineScore"]);
        return Math.abs(Number(info!["delta"]) / difference);
      });
    };
    const [few, many] = [await deltas(5), await deltas(500)];
    await session.dispose();
    many.forEach((delta, n) => {
      expect(delta).toBeLessThan(1e-3);
      expect(delta).toBeLessThan(few[n]!);
    });
  });
});

describe("a baseline", () => {
  const x = float32([1, 3, 4, 5], new Random(5).many(60, -2, 2));
  const pixels = pixelRange(presets.imagenet);

  /** With one step, the attribution of Σ x² is x² − x′², which tells the baseline. */
  async function baselineOf(
    settings: Readonly<Record<string, unknown>>,
    known = true,
  ): Promise<number[]> {
    const b = newGraph();
    const image = b.input("x", { dtype: "float32", shape: ["N", 3, 4, 5] });
    const sum = b.sum(b.mul(image, image), [1, 2, 3], false);
    const graph = b.build([{ name: "y", value: b.reshape(sum, ["N", 1]) }]);
    const session = new Session(graph, registry, backend);
    const { attribution } = await explain(session, x, ig, "top", {
      settings: { steps: 1, ...settings },
      ...(known ? { pixels } : {}),
    });
    await session.dispose();
    const values = toNumbers(x);
    return Array.from(toNumbers(attribution!), (a, i) => values[i]! ** 2 - a);
  }

  const squares = (t: ArrayLike<number>): number[] => Array.from(t, (v) => v * v);
  const picture = (byte: number): number[] => {
    const data = new Uint8Array(60).fill(byte);
    const { rescale, mean, std } = presets.imagenet;
    const settings = { ...presets.none, rescale, mean, std };
    return squares(toNumbers(preprocess({ width: 5, height: 4, data }, settings)));
  };

  it.each([
    ["black", 0],
    ["white", 255],
  ] as const)("%s is what a picture of that colour becomes", async (baseline, byte) => {
    expect(relativeL2(await baselineOf({ baseline }), picture(byte))).toBeLessThan(1e-5);
  });

  it("mean is each channel's own", async () => {
    const values = Array.from(toNumbers(x));
    const means = [0, 1, 2].map(
      (c) => values.slice(c * 20, c * 20 + 20).reduce((p, v) => p + v, 0) / 20,
    );
    const expected = values.map((_, i) => means[Math.floor(i / 20)]! ** 2);
    expect(relativeL2(await baselineOf({ baseline: "mean" }), expected)).toBeLessThan(1e-5);
  });

  it.each([
    [{ baseline: "black" }, InputError, /the value of black .* is unknown: give the preprocessing/],
    [{ baseline: "given" }, UsageError, /needs the setting `given`/],
    [
      { baseline: "given", given: float32([1, 3, 4, 4], new Float32Array(48)) },
      InputError,
      /a baseline \[1,3,4,4\] does not fit an image \[1,3,4,5\]/,
    ],
  ] as const)("%o is refused", async (settings, type, message) => {
    const request = baselineOf(settings, false);
    await expect(request).rejects.toThrow(type);
    await expect(request).rejects.toThrow(message);
  });
});
