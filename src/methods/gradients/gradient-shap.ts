import { baselinesOf, baselineSettings } from "../core/baselines.js";
import { samplingMethod } from "../core/method.js";
import { float32, toNumbers } from "../../tensor/tensor.js";
import { random } from "../../tensor/random.js";
import { noiseSettings, rangeOf } from "../building-blocks/noise.js";
import { number } from "../core/settings.js";

/**
 * Gradient SHAP: the mean over draws of ∇f(x′ + α(x̃ − x′)) ⊙ (x̃ − x′), with α uniform in [0, 1), x′ one of the
 * baselines, x̃ = x + noise. Without noise its sum converges to f(x) − mean f(x′); `delta` is the difference between
 * the two.
 *
 * Each draw consumes random numbers in this order: the baseline (if there are several), α, the noise (if it is not 0).
 */
export const gradientShap = samplingMethod({
  name: "gradient-shap",
  title: "Gradient SHAP",
  paper:
    "Lundberg and Lee, A Unified Approach to Interpreting Model Predictions, NeurIPS 2017; " +
    "Erion et al., Improving Performance of Deep Learning Models with Axiomatic Attribution Priors, 2021",
  signed: true,
  attributes: "input",
  settings: {
    ...noiseSettings,
    noise: number(0, noiseSettings.noise.about, 0),
    ...baselineSettings,
  },
  async sample(sampler, settings) {
    const x = toNumbers(sampler.x);
    const baselines = baselinesOf(sampler, settings);
    const sigma = settings.noise * rangeOf(x);
    const numbers = random(settings.seed);
    const sum = new Float64Array(x.length);
    const waiting: Float64Array[] = [];
    const draw = (): Float32Array => {
      const which = baselines.length > 1 ? Math.floor(numbers.uniform() * baselines.length) : 0;
      const from = baselines[which]!;
      const alpha = numbers.uniform();
      const difference = new Float64Array(x.length);
      const point = new Float32Array(x.length);
      for (let i = 0; i < x.length; i++) {
        const noise = sigma > 0 ? sigma * numbers.normal() : 0;
        difference[i] = x[i]! - from[i]! + noise;
        point[i] = from[i]! + alpha * difference[i]!;
      }
      waiting.push(difference);
      return point;
    };
    for await (const { gradient } of sampler.gradients(settings.samples, draw)) {
      const difference = waiting.shift()!;
      for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]! * difference[i]!;
    }
    const attribution = sum.map((s) => s / settings.samples);
    let baselineScore = 0;
    for await (const { score } of sampler.scores(baselines.length, (i) => baselines[i]!)) {
      baselineScore += score / baselines.length;
    }
    const total = attribution.reduce((p, a) => p + a, 0);
    return {
      attribution: float32(sampler.x.dims, attribution),
      info: { baselineScore, sum: total, delta: total - (sampler.score - baselineScore) },
    };
  },
});
