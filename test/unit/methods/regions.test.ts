import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { InputError, load } from "../../../src/index.js";
import { labOf } from "../../../src/methods/regions/lab.js";
import { superpixels } from "../../../src/methods/regions/superpixels.js";
import { float32, toNumbers, type Tensor } from "../../../src/tensor/tensor.js";
import { methodTensor } from "../../support/method-cases.js";
import { goldenTensor } from "../../support/networks.js";

/** The part of the positions that lie in the region of `b` with which their own of `a` shares most. */
function overlap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const shared = new Map<number, Map<number, number>>();
  for (let p = 0; p < a.length; p++) {
    const row = shared.get(a[p]!) ?? new Map<number, number>();
    shared.set(a[p]!, row.set(b[p]!, (row.get(b[p]!) ?? 0) + 1));
  }
  const most = [...shared.values()].map((row) => Math.max(...row.values()));
  return most.reduce((sum, n) => sum + n, 0) / a.length;
}

describe("superpixels", () => {
  it("are nearly those of scikit-image", () => {
    const image = methodTensor("superpixels.image.npy");
    const expected = toNumbers(methodTensor("superpixels.npy"));
    const x = { ...image, dims: [1, ...image.dims] };
    const found = superpixels(labOf({ x }), image.dims.slice(1), 30, 10);
    const count = new Set(Array.from(expected)).size;
    expect(Math.abs(new Set(found).size - count)).toBeLessThanOrEqual(2);
    expect(overlap(found, expected)).toBeGreaterThan(0.9);
    expect(overlap(expected, found)).toBeGreaterThan(0.9);
  });

  it("divide two flat halves between them, and a signal into stretches", () => {
    const halves = Float64Array.from({ length: 400 }, (_, p) => (p % 20 < 9 ? 0 : 100));
    const labels = superpixels([halves], [20, 20], 8, 10);
    expect(overlap(labels, halves)).toBe(1);
    const signal = superpixels([new Float64Array(60)], [60], 6, 10);
    // Centres at 5, 15, …; of two centres at the same distance the first has the place.
    const nearest = Array.from({ length: 60 }, (_, p) => Math.max(0, Math.floor((p - 1) / 10)));
    expect([...signal]).toEqual(nearest);
  });
});

describe("methods of regions", () => {
  const path = new URL("../../../fixtures/networks/tiny-relu.dynamo.onnx", import.meta.url);
  const model = load(readFileSync(path), { threads: 1 });
  const x = goldenTensor("tiny-relu", "input.npy");
  const explain = async (method: string, regions: Tensor): Promise<Tensor> =>
    (await (await model).explain(x, { method, regions })).map;
  afterAll(async () => (await model).dispose());

  it.each(["lime", "kernel-shap", "xrai"])("%s refuses regions that do not fit", async (method) => {
    const wrong = explain(method, float32([8, 7], new Float32Array(56)));
    await expect(wrong).rejects.toThrow(InputError);
    await expect(wrong).rejects.toThrow("regions [8,7] do not fit an image with positions [8,8]");
    const one = explain(method, float32([8, 8], new Float32Array(64)));
    await expect(one).rejects.toThrow("there is only one region");
  });

  it("Kernel SHAP adds up to the score less that of the hidden image, exact or drawn", async () => {
    for (const samples of [300, 1000]) {
      // 9 regions have 510 coalitions.
      const labels = Float32Array.from({ length: 64 }, (_, p) => {
        return 3 * Math.floor(p / 24) + Math.floor((p % 8) / 3);
      });
      const regions = float32([8, 8], labels);
      const found = await (await model).explain(x, { method: "kernel-shap", regions, samples });
      const values = toNumbers(found.map);
      for (const [n, { score, info }] of found.samples.entries()) {
        const own = new Map([...labels].map((k, p) => [k, values[64 * n + p]!]));
        const sum = [...own.values()].reduce((p, v) => p + v, 0);
        expect(sum).toBeCloseTo(score - Number(info!["baselineScore"]), 4);
        expect(info!["passes"]).toBe(samples === 300 ? 300 : 510);
      }
    }
  });
});
