import { samplingMethod } from "../core/method.js";
import { whole } from "../core/settings.js";
import { float32 } from "../../tensor/tensor.js";
import { random, type Random } from "../../tensor/random.js";
import { LeastSquares } from "./least-squares.js";
import { regionSettings, regionsOf } from "./regions.js";

/** A choice of shown regions, and its weight in the fit. */
interface Coalition {
  readonly shown: Float64Array;
  readonly weight: number;
}

/**
 * Kernel SHAP: the Shapley values of regions, shown or hidden, as the solution of a weighted linear regression with the
 * kernel (M − 1)/(C(M,k)·k·(M − k)) of k shown among M regions, under the constraint that they add up to f(x) − f(all
 * hidden) (Lundberg & Lee 2017, theorem 2). Exact if the samples suffice for all 2^M − 2 coalitions; otherwise
 * coalitions are sampled by the kernel, each with its complement.
 */
export const kernelShap = samplingMethod({
  name: "kernel-shap",
  title: "Kernel SHAP",
  paper: "Lundberg and Lee, A Unified Approach to Interpreting Model Predictions, NeurIPS 2017",
  signed: true,
  attributes: "map",
  gradientFree: true,
  settings: {
    samples: whole(1000, "coalitions of shown regions; at least twice the number of regions", 2),
    seed: whole(0, "seed of the coalitions", 0, 2 ** 32 - 1),
    ...regionSettings,
  },
  async sample(sampler, { samples, seed, ...settings }) {
    const regions = regionsOf(sampler, settings);
    const { count } = regions;
    const hidden = await sampler.scoreAt(regions.image(new Float64Array(count)));
    const total = sampler.score - hidden;
    const coalitions =
      count < 31 && 2 ** count - 2 <= samples ? all(count) : drawn(count, samples, random(seed));
    // The last value is the total minus the others.
    const fit = new LeastSquares(count - 1);
    const scores = sampler.scores(coalitions.length, (i) => regions.image(coalitions[i]!.shown));
    for await (const { index, score } of scores) {
      const { shown, weight } = coalitions[index]!;
      const last = shown[count - 1]!;
      fit.add(
        shown.subarray(0, -1).map((z) => z - last),
        score - hidden - last * total,
        weight,
      );
    }
    const others = fit.solve();
    const values = Float64Array.of(...others, total - others.reduce((p, v) => p + v, 0));
    return {
      map: float32(sampler.mapDims, regions.map(values)),
      info: { regions: count, passes: coalitions.length, baselineScore: hidden },
    };
  },
});

/** Every coalition except the empty and the full one. */
function all(count: number): readonly Coalition[] {
  return Array.from({ length: 2 ** count - 2 }, (_, i) => {
    const shown = Float64Array.from({ length: count }, (_unused, k) => ((i + 1) >> k) & 1);
    const size = shown.reduce((p, z) => p + z, 0);
    return { shown, weight: (count - 1) / (choose(count, size) * size * (count - size)) };
  });
}

function choose(n: number, k: number): number {
  return Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((p, f) => p * f, 1);
}

/** Coalitions whose sizes are drawn by the kernel, each followed by its complement. */
function drawn(count: number, samples: number, numbers: Random): readonly Coalition[] {
  const chances = Array.from({ length: count - 1 }, (_, i) => 1 / ((i + 1) * (count - i - 1)));
  const sum = chances.reduce((p, c) => p + c, 0);
  return Array.from({ length: Math.ceil(samples / 2) }).flatMap(() => {
    let [left, size] = [numbers.uniform() * sum, 1];
    for (const chance of chances.slice(0, -1)) {
      left -= chance;
      if (left < 0) break;
      size += 1;
    }
    const order = Array.from({ length: count }, (_, k) => [numbers.uniform(), k] as const);
    order.sort(([a], [b]) => a - b);
    const shown = new Float64Array(count);
    for (const [, k] of order.slice(0, size)) shown[k] = 1;
    return [
      { shown, weight: 1 },
      { shown: shown.map((z) => 1 - z), weight: 1 },
    ];
  });
}
