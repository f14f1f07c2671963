import { choice, several } from "../../methods/core/settings.js";
import { countOf, fractions, rankPixels, rankSettings, signRules } from "../ranking.js";
import { fill, remover } from "../fill.js";
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
    remove: several(
      choice(["least", "most"], "least", "remove the least or the most salient pixels"),
    ),
    fractions: fractions(
      [0.001, 0.005, 0.01, 0.03, 0.05, 0.07, 0.1],
      "fractions of the pixels to remove",
    ),
    fill: several(fill("black", "replacement of removed pixels")),
    rank: choice(signRules, "absolute", "rank by the absolute or the signed value of the map"),
    ...rankSettings,
  },
  measures: (settings) =>
    removalsOf(settings).flatMap(({ remove, prefix, title }) => {
      const better = remove === "least" ? "lower" : "higher";
      return [
        {
          name: `${prefix}output-change`,
          title: `change of the output, |f(x) − f(x′)| / |f(x)|${title}`,
          better,
        },
        {
          name: `${prefix}probability-change`,
          title: `change of the probability, |p(x) − p(x′)| / p(x)${title}`,
          better,
        },
      ];
    }),
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
    title: remove.includes(",") ? "pixels removed" : `${remove} salient pixels removed`,
    values,
    log: values[0]! > 0,
    percent: true,
  }),
  measure: async ({ subject, map, scorer, original, seed, once }, settings) => {
    const { pixels } = extentOf(subject);
    const orders = new Map<string, Uint32Array>();
    const change = (before: number, after: number): number =>
      Math.abs(before - after) / Math.abs(before);
    const values: Record<string, readonly number[]> = {};
    for (const { remove, fill: words, prefix } of removalsOf(settings)) {
      const how = { ties: settings.ties, absolute: settings.rank === "absolute" };
      const order =
        orders.get(remove) ?? rankPixels(map, { ...how, first: remove, seed: seed ^ subject.seed });
      orders.set(remove, order);
      const without = await once(words, () => Promise.resolve(remover(subject, words)));
      const variants = lazily(settings.fractions, (part) =>
        without(order.subarray(0, countOf(part, pixels))),
      );
      const scores = await scorer.scores(subject, variants);
      values[`${prefix}output-change`] = scores.map((s) => change(original.output, s.output));
      values[`${prefix}probability-change`] = scores.map((s) =>
        change(original.probability, s.probability),
      );
    }
    return values;
  },
});

/** Which pixels are removed and how they are replaced. */
interface Removal {
  readonly remove: "least" | "most";
  readonly fill: string;
  /** Before the names of its measures, which are also names of files: "most.blur-0.1."; empty if it is the only one. */
  readonly prefix: string;
  /** The same in words. */
  readonly title: string;
}

/** Every combination of what is removed and of its fill. */
function removalsOf(settings: { readonly remove: string; readonly fill: string }): Removal[] {
  const fills = settings.fill.split(",");
  const all = settings.remove
    .split(",")
    .flatMap((remove) => fills.map((words) => ({ remove: remove as Removal["remove"], words })));
  return all.map(({ remove, words }) => ({
    ...{ remove, fill: words },
    prefix: all.length === 1 ? "" : `${remove}.${words.replace(":", "-").replace("#", "")}.`,
    title: all.length === 1 ? "" : `; ${remove} salient pixels removed, fill ${words}`,
  }));
}
