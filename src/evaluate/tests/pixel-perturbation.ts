import { choice } from "../../methods/core/settings.js";
import { countOf, fractions, rankPixels, rankSettings, signRules } from "../ranking.js";
import { fill, filled, replacePixels } from "../fill.js";
import { extentOf } from "../subject.js";
import { lazily } from "../scorer.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Pixel perturbation: k % of the pixels are removed, and the absolute fractional change of the output is measured,
 *
 *     |f(x) − f(x′)| / |f(x)|
 *
 * The paper removes the *least* salient pixels: a better map gives a smaller change. The older test removes the most
 * salient ones (W. Samek et al., "Evaluating the visualization of what a deep neural network has learned", 2017); the
 * paper argues that this creates edges unlike the training data.
 *
 * @see S. Srinivas, F. Fleuret, "Full-Gradient Representation for Neural Network Visualization", NeurIPS 2019, sec.
 * 5.1.
 */
export const pixelPerturbation = evaluationTest({
  name: "pixel-perturbation",
  title: "Pixel perturbation",
  paper:
    "S. Srinivas, F. Fleuret, Full-Gradient Representation for Neural Network Visualization, NeurIPS 2019",
  about:
    "A fraction of the pixels is replaced, and the change of the output is measured relative to the original output. " +
    "With the least salient pixels removed, a better map changes the output less; with the most salient ones, more.",
  settings: {
    remove: choice(
      ["least", "most"] as const,
      "least",
      "remove the least or the most salient pixels",
    ),
    fractions: fractions(
      [0.001, 0.005, 0.01, 0.03, 0.05, 0.07, 0.1],
      "fractions of the pixels to remove",
    ),
    fill: fill("black", "replacement of removed pixels"),
    rank: choice(signRules, "absolute", "rank by the absolute or the signed value of the map"),
    ...rankSettings,
  },
  measures: ({ remove }) => {
    const better = remove === "least" ? "lower" : "higher";
    return [
      { name: "output-change", title: "change of the output, |f(x) − f(x′)| / |f(x)|", better },
      {
        name: "probability-change",
        title: "change of the probability, |p(x) − p(x′)| / p(x)",
        better,
      },
    ];
  },
  notShown: [
    biases.outOfDistribution,
    biases.blur,
    biases.centre,
    "With the least salient pixels removed, a map that ranks flat background last does well, whether or not it finds " +
      "the object: replacing flat regions changes little. The edge baseline shows this effect.",
    "An output near 0 makes the quotient large; consider the median as well as the mean.",
    biases.network,
  ],
  axis: ({ fractions: values, remove }) => ({
    title: `${remove} salient pixels removed`,
    values,
    log: values[0]! > 0,
    percent: true,
  }),
  measure: async ({ subject, map, scorer, original, seed }, settings) => {
    const extent = extentOf(subject);
    const order = rankPixels(map, {
      first: settings.remove,
      absolute: settings.rank === "absolute",
      ties: settings.ties,
      seed: seed ^ subject.seed,
    });
    const other = filled(subject, settings.fill);
    const removed = (part: number): Float32Array => {
      const pixels = order.subarray(0, countOf(part, extent.pixels));
      return replacePixels(subject.x.data, other, pixels, extent);
    };
    const scores = await scorer.scores(subject, lazily(settings.fractions, removed));
    const change = (before: number, after: number): number =>
      Math.abs(before - after) / Math.abs(before);
    return {
      "output-change": scores.map((s) => change(original.output, s.output)),
      "probability-change": scores.map((s) => change(original.probability, s.probability)),
    };
  },
});
