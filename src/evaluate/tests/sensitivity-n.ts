import { whole } from "../../methods/core/settings.js";
import { random } from "../../tensor/random.js";
import { fill, remover } from "../fill.js";
import { sumOver } from "./infidelity.js";
import { countOf, fractions } from "../ranking.js";
import { lazily } from "../scorer.js";
import { pearson } from "../statistics.js";
import { extentOf } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Sensitivity-n: random sets of n pixels are removed, and the map's sum over each set is correlated with the change of
 * the output, f(x) − f(x without the set). A map that satisfies sensitivity-n has correlation 1.
 *
 * @see M. Ancona, E. Ceolini, C. Öztireli, M. Gross, "Towards better understanding of gradient-based attribution
 * methods for Deep Neural Networks", ICLR 2018, sec. 3.2.
 */
export const sensitivityN = evaluationTest({
  name: "sensitivity-n",
  title: "Sensitivity-n",
  paper:
    "M. Ancona, E. Ceolini, C. Öztireli, M. Gross, Towards better understanding of gradient-based attribution methods " +
    "for Deep Neural Networks, ICLR 2018",
  about:
    "Random sets of n pixels are removed. The map's sums over the sets are correlated with the resulting changes of " +
    "the output.",
  settings: {
    fractions: fractions([0.01, 0.03, 0.1, 0.3, 0.5, 0.8], "n as fractions of all pixels"),
    sets: whole(50, "random sets of each size", 3),
    fill: fill("dataset-mean", "replacement of removed pixels"),
  },
  measures: () => [
    { name: "correlation", title: "Pearson correlation of sum and change", better: "higher" },
  ],
  notShown: [
    "Scattered pixels carry little information: removing a few of them acts as noise, so the correlation measures how " +
      "well a map predicts the network's response to noise.",
    biases.outOfDistribution,
    "With few sets a correlation of 0.2 may be chance; compare with the random baseline.",
    biases.network,
  ],
  axis: ({ fractions: values }) => ({
    title: "n, pixels removed",
    values,
    log: values[0]! > 0,
    percent: true,
  }),
  measure: async ({ subject, map, scorer, original, seed, once }, settings) => {
    const extent = extentOf(subject);
    const without = remover(subject, settings.fill);
    const correlation: number[] = [];
    for (const part of settings.fractions) {
      const count = countOf(part, extent.pixels);
      const sets = setsOf(count, extent.pixels, settings.sets, seed ^ subject.seed);
      const scores = await once(`sets of ${count}`, () =>
        scorer.scores(subject, lazily(sets, without)),
      );
      const sums = sets.map((set) => sumOver(map, set));
      correlation.push(
        pearson(
          sums,
          scores.map((score) => original.output - score.output),
        ),
      );
    }
    return { correlation };
  },
});

/** Random sets of `count` of the `pixels`: the first elements of a shuffle. */
function setsOf(count: number, pixels: number, sets: number, seed: number): Uint32Array[] {
  const numbers = random(seed ^ count);
  const order = Uint32Array.from({ length: pixels }, (_, i) => i);
  return Array.from({ length: sets }, () => {
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor(numbers.uniform() * (pixels - i));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order.slice(0, count);
  });
}
