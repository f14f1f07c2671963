import { samplingMethod } from "../core/method.js";
import { number, whole } from "../core/settings.js";
import { float32 } from "../../tensor/tensor.js";
import { random } from "../../tensor/random.js";
import { LeastSquares } from "./least-squares.js";
import { regionSettings, regionsOf } from "./regions.js";

/**
 * LIME: the coefficients of a linear model of the score in which regions are shown, fitted to random choices of regions with
 * weights √exp(−d²/width²), d = 1 − √(part shown) the cosine distance to the whole image, by ridge regression with α = 1 (Ribeiro
 * et al. 2016, algorithm 1, as in the authors' `lime_image`, all regions kept). The paper explains a probability.
 */
export const lime = samplingMethod({
  name: "lime",
  title: "LIME",
  paper: "Ribeiro, Singh and Guestrin, “Why Should I Trust You?”, KDD 2016",
  signed: true,
  attributes: "map",
  gradientFree: true,
  settings: {
    samples: whole(1000, "random choices of shown regions", 2),
    width: number(
      0.25,
      "width of the kernel that weighs choices by their distance from the whole image",
      1e-3,
    ),
    seed: whole(0, "seed of the choices", 0, 2 ** 32 - 1),
    ...regionSettings,
  },
  async sample(sampler, { samples, width, seed, ...settings }) {
    const regions = regionsOf(sampler, settings);
    const { count } = regions;
    const numbers = random(seed);
    const choices = Array.from({ length: samples }, (_, i) =>
      Float64Array.from({ length: count }, () => (i === 0 || numbers.uniform() < 0.5 ? 1 : 0)),
    );
    const fit = new LeastSquares(count + 1);
    const scores = sampler.scores(samples, (i) => regions.image(choices[i]!));
    for await (const { index, score } of scores) {
      const shown = choices[index]!.reduce((p, z) => p + z, 0);
      const weight = Math.sqrt(Math.exp(-((1 - Math.sqrt(shown / count)) ** 2) / width ** 2));
      fit.add(Float64Array.of(...choices[index]!, 1), score, weight);
    }
    const ridge = new Float64Array(count + 1).fill(1, 0, count);
    const map = regions.map(fit.solve(ridge));
    return { map: float32(sampler.mapDims, map), info: { regions: count, passes: samples } };
  },
});
