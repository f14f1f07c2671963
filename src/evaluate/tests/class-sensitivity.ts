import { choice } from "../../methods/core/settings.js";
import { random } from "../../tensor/random.js";
import { signRules } from "../ranking.js";
import { similarity, similarityMeasures } from "../similarity.js";
import { planeOf } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Class sensitivity: the map of the class is compared with the map of another class. A map that stays the same shows the
 * picture, not the reasons for the class.
 *
 * @see L. Sixt, M. Granz, T. Landgraf, "When Explanations Lie: Why Many Modified BP Attributions Fail", ICML 2020,
 * sec. 4 (random logit).
 */
export const classSensitivity = evaluationTest({
  name: "class-sensitivity",
  title: "Class sensitivity",
  paper:
    "L. Sixt, M. Granz, T. Landgraf, When Explanations Lie: Why Many Modified BP Attributions Fail, ICML 2020",
  about:
    "The map of the class is compared with the map of another one. The less alike, the better.",
  settings: {
    against: choice(
      ["random", "least"] as const,
      "random",
      "another class at random, or the least likely one",
    ),
    sign: choice(signRules, "absolute", "maps are compared by absolute values, or as they are"),
  },
  measures: () => similarityMeasures.map((measure) => ({ ...measure, single: true })),
  notShown: [
    "Unlike maps need not be right ones: random maps of two classes have nothing in common either, if they are drawn " +
      "anew. (The random baseline here is the same for all classes, so its similarity is 1, as that of all baselines.)",
    "Where two classes are told apart by the same part of the picture, good maps of them are alike by absolute value.",
    biases.network,
  ],
  measure: async ({ subject, map, maker, scorer, seed, once }, { against, sign }) => {
    const row = await once("outputs", () => scorer.outputs(subject));
    const others = [...row.keys()].filter((index) => index !== subject.target);
    if (others.length === 0) return { spearman: [NaN], ssim: [NaN] };
    const numbers = random(seed ^ subject.seed);
    const target =
      against === "random"
        ? others[Math.floor(numbers.uniform() * others.length)]!
        : others.reduce((p, q) => (row[q]! < row[p]! ? q : p));
    const [other] = await maker.maps([{ ...subject, target }]);
    return similarity(map, other!, planeOf(subject), sign);
  },
});
