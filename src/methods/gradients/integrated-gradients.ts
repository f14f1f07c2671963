import { baselineOf, baselineSettings } from "../core/baselines.js";
import { samplingMethod } from "../core/method.js";
import { whole } from "../core/settings.js";
import { float32, toNumbers } from "../../tensor/tensor.js";
import { gaussLegendre } from "../building-blocks/gauss-legendre.js";

/**
 * Integrated gradients: (x − x′) ⊙ ∫₀¹ ∇f(x′ + α(x − x′)) dα (Sundararajan et al. 2017, eq. 1), by Gauss–Legendre
 * quadrature. The attributions sum to f(x) − f(x′); `delta` is the difference between the two.
 */
export const integratedGradients = samplingMethod({
  name: "integrated-gradients",
  title: "Integrated gradients",
  paper: "Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017",
  signed: true,
  attributes: "input",
  settings: {
    steps: whole(50, "quadrature points on the path from the baseline to the image", 1),
    ...baselineSettings,
  },
  async sample(sampler, settings) {
    const x = toNumbers(sampler.x);
    const from = baselineOf(sampler, settings);
    const { nodes, weights } = gaussLegendre(settings.steps);
    const at = (alpha: number): Float32Array => {
      const point = new Float32Array(x.length);
      for (let i = 0; i < x.length; i++) point[i] = from[i]! + alpha * (x[i]! - from[i]!);
      return point;
    };
    const mean = new Float64Array(x.length);
    for await (const { index, gradient } of sampler.gradients(nodes.length, (i) => at(nodes[i]!))) {
      for (let i = 0; i < mean.length; i++) mean[i]! += weights[index]! * gradient[i]!;
    }
    const attribution = mean.map((g, i) => g * (x[i]! - from[i]!));

    const baselineScore = await sampler.scoreAt(from);
    const sum = attribution.reduce((p, a) => p + a, 0);
    return {
      attribution: float32(sampler.x.dims, attribution),
      info: { baselineScore, sum, delta: sum - (sampler.score - baselineScore) },
    };
  },
});
