import { choice } from "../../methods/core/settings.js";
import { random } from "../../tensor/random.js";
import { signRules } from "../ranking.js";
import { similarity, similarityMeasures } from "../similarity.js";
import { planeOf } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Class sensitivity: the map of the class is compared with the map of another class. If they are the same, the map
 * shows the picture, not the evidence for the class.
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
    "The map of the class is compared with the map of another class. Lower similarity is better.",
  settings: {
    against: choice(
      ["random", "least"] as const,
      "random",
      "the other class: a random one, or the least likely one",
    ),
    sign: choice(signRules, "absolute", "compare absolute or signed values of the maps"),
  },
  measures: () => similarityMeasures.map((measure) => ({ ...measure, single: true })),
  notShown: [
    "Different maps need not be right: independent random maps of two classes are dissimilar too. (The random baseline " +
      "is the same for all classes here, so its similarity is 1, as for all baselines.)",
    "If the same part of the picture distinguishes two classes, good maps of both have similar absolute values.",
    biases.network,
  ],
  measure: async ({ subject, map, maker, scorer, seed, once }, { against, sign }) => {
    const row = await once("outputs", () => scorer.outputs(subject));
    const others = [...row.keys()].filter(
      (index) => index !== subject.target && index !== subject.versus,
    );
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
