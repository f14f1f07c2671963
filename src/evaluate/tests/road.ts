import { number } from "../../methods/core/settings.js";
import { random } from "../../tensor/random.js";
import { imputeLinearly } from "../linear-imputation.js";
import { countOf, fractions, rankPixels, rankSettings } from "../ranking.js";
import { lazily, type Score } from "../scorer.js";
import { planeOf } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * ROAD, remove and debias: pixels are removed, the most salient first (MoRF) or the least salient first (LeRF), and
 * imputed from their neighbours with a little noise, so that the mask itself carries little information.
 *
 * @see Y. Rong, T. Leemann, V. Borisov, G. Kasneci, E. Kasneci, "A Consistent and Efficient Evaluation Strategy for
 * Attribution Methods", ICML 2022.
 */
export const road = evaluationTest({
  name: "road",
  title: "Remove and debias (ROAD)",
  paper:
    "Y. Rong, T. Leemann, V. Borisov, G. Kasneci, E. Kasneci, A Consistent and Efficient Evaluation Strategy for " +
    "Attribution Methods, ICML 2022",
  about:
    "The most salient pixels (MoRF) or the least salient ones (LeRF) are replaced by a noisy linear interpolation of " +
    "their neighbours. The probability of the class is recorded, and whether it stays the top class. The combined " +
    "score is (LeRF − MoRF) / 2.",
  settings: {
    fractions: fractions(
      [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
      "fractions of the pixels to remove",
    ),
    noise: number(0.01, "standard deviation of the noise, in units of the network's input", 0),
    ...rankSettings,
  },
  measures: () => [
    { name: "morf", title: "probability, most salient removed first", better: "lower" },
    { name: "lerf", title: "probability, least salient removed first", better: "higher" },
    { name: "combined", title: "(LeRF − MoRF) / 2", better: "higher" },
    {
      name: "morf-first",
      title: "fraction of images whose class stays the top class, most salient removed first",
      better: "lower",
    },
    {
      name: "lerf-first",
      title: "fraction of images whose class stays the top class, least salient removed first",
      better: "higher",
    },
  ],
  notShown: [
    "ROAD reduces the information leaked by the mask, but still rewards smooth maps: interpolation fills small holes " +
      "well and large ones badly (the blur bias). The centre-blur baseline is smooth and ignores the network.",
    biases.centre,
    biases.network,
  ],
  axis: ({ fractions: values }) => ({ title: "pixels removed", values, percent: true }),
  measure: async ({ subject, map, scorer, seed }, { fractions: parts, noise, ties }) => {
    const extent = planeOf(subject);
    const scoresOf = (first: "most" | "least"): Promise<readonly Score[]> => {
      const order = rankPixels(map, { first, absolute: false, ties, seed: seed ^ subject.seed });
      const imputed = (part: number): Float32Array => {
        const removed = order.subarray(0, countOf(part, extent.pixels));
        const numbers = random(seed ^ subject.seed ^ removed.length);
        return imputeLinearly(subject.x.data, removed, extent, noise, numbers);
      };
      return scorer.scores(subject, lazily(parts, imputed));
    };
    const [most, least] = [await scoresOf("most"), await scoresOf("least")];
    return {
      morf: most.map((score) => score.probability),
      lerf: least.map((score) => score.probability),
      combined: most.map((score, i) => (least[i]!.probability - score.probability) / 2),
      "morf-first": most.map((score) => Number(score.isTop)),
      "lerf-first": least.map((score) => Number(score.isTop)),
    };
  },
});
