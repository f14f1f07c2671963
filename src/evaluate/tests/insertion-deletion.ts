import { whole } from "../../methods/core/settings.js";
import { fill, remover, type Remover } from "../fill.js";
import { countOf, rankPixels, rankSettings } from "../ranking.js";
import { lazily } from "../scorer.js";
import { extentOf } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Insertion and deletion: the most salient pixels are removed from the picture, or inserted into an empty one, and the
 * probability of the class is recorded. The mean height of each curve is the area under it.
 *
 * @see V. Petsiuk, A. Das, K. Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018.
 */
export const insertionDeletion = evaluationTest({
  name: "insertion-deletion",
  title: "Insertion and deletion",
  paper:
    "V. Petsiuk, A. Das, K. Saenko, RISE: Randomized Input Sampling for Explanation of Black-box Models, BMVC 2018",
  about:
    "Pixels are removed from the picture (deletion) or inserted into an empty one (insertion), most salient first, and " +
    "the probability of the class is recorded. With a good map it falls early and rises early.",
  settings: {
    steps: whole(50, "steps from the whole picture to the empty one", 1),
    deleted: fill("dataset-mean", "replacement of deleted pixels"),
    empty: fill("blur", "the empty picture into which pixels are inserted"),
    ...rankSettings,
  },
  measures: () => [
    { name: "deletion", title: "probability while pixels are deleted", better: "lower" },
    { name: "insertion", title: "probability while pixels are inserted", better: "higher" },
  ],
  notShown: [biases.outOfDistribution, biases.blur, biases.centre, biases.network],
  axis: ({ steps }) => ({
    title: "most salient pixels deleted or inserted",
    values: placesOf(steps),
    percent: true,
  }),
  measure: async ({ subject, map, scorer, seed }, settings) => {
    const extent = extentOf(subject);
    const order = rankPixels(map, {
      first: "most",
      absolute: false,
      ties: settings.ties,
      seed: seed ^ subject.seed,
    });
    const curve = async (
      without: Remover,
      removed: (count: number) => Uint32Array,
    ): Promise<number[]> => {
      const variants = lazily(placesOf(settings.steps), (part) =>
        without(removed(countOf(part, extent.pixels))),
      );
      return (await scorer.scores(subject, variants)).map((score) => score.probability);
    };
    const deleted = remover(subject, settings.deleted);
    const empty = remover(subject, settings.empty);
    return {
      deletion: await curve(deleted, (count) => order.subarray(0, count)),
      insertion: await curve(empty, (count) => order.subarray(count)),
    };
  },
});

function placesOf(steps: number): number[] {
  return Array.from({ length: steps + 1 }, (_, i) => i / steps);
}
