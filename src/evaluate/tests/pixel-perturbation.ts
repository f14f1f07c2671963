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
 * Removing the *least* salient pixels is the paper's test: a better map gives a smaller change. Removing the most
 * salient ones is the older one (W. Samek et al., "Evaluating the visualization of what a deep neural network has
 * learned", 2017), which the paper argues against: it makes edges that the network has not seen.
 *
 * @see S. Srinivas, F. Fleuret, "Full-Gradient Representation for Neural Network Visualization", NeurIPS 2019, sec. 5.1.
 */
export const pixelPerturbation = evaluationTest({
  name: "pixel-perturbation",
  title: "Pixel perturbation",
  paper:
    "S. Srinivas, F. Fleuret, Full-Gradient Representation for Neural Network Visualization, NeurIPS 2019",
  about:
    "A part of the pixels is replaced, and the change of the output is taken relative to the output before. With the " +
    "least salient pixels removed, a better map changes the output less; with the most salient ones, more.",
  settings: {
    remove: choice(["least", "most"] as const, "least", "the least or the most salient pixels"),
    fractions: fractions(
      [0.001, 0.005, 0.01, 0.03, 0.05, 0.07, 0.1],
      "parts of the pixels that are removed",
    ),
    fill: fill("black", "what takes the place of a removed pixel"),
    rank: choice(
      signRules,
      "absolute",
      "saliency is the map's absolute value, or the map as it is",
    ),
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
    "With the least salient pixels removed, a map that puts flat background last does well, whether or not it finds " +
      "the object: replacing flat regions changes little. The edge baseline does just that.",
    "An output near 0 makes the quotient large; look at the median beside the mean.",
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
