import { choice, whole } from "../../methods/core/settings.js";
import { signRules } from "../ranking.js";
import { similarity, similarityMeasures } from "../similarity.js";
import { planeOf } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Cascading parameter randomisation: the weights of more and more layers are randomised, from the output down, and the
 * map is compared with the trained network's map. A map that stays the same does not depend on the learned weights.
 *
 * @see J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim, "Sanity Checks for Saliency Maps", NeurIPS
 * 2018.
 */
export const parameterRandomization = evaluationTest({
  name: "parameter-randomization",
  title: "Cascading parameter randomisation",
  paper:
    "J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim, Sanity Checks for Saliency Maps, NeurIPS 2018",
  about:
    "The weights of more and more layers, from the output down, are shuffled within each tensor, and the map is compared " +
    "with the trained network's map of the same class. The similarity should fall to 0.",
  settings: {
    stages: whole(
      6,
      "number of networks, from the last layer randomised to all layers randomised",
      1,
    ),
    sign: choice(signRules, "absolute", "compare absolute or signed values of the maps"),
  },
  measures: () => similarityMeasures,
  notShown: [
    "Passing shows that a map depends on the weights, not that it explains their effect.",
    "Remaining similarity may come from the architecture: strides, pooling and residual connections shape the maps of " +
      "random networks too. Baselines ignore the network, so their similarity is 1.",
    "Shuffled weights keep the distribution of each tensor; newly initialised weights may give other numbers.",
    biases.network,
  ],
  stages: ({ stages }, layers) => {
    const counts = Array.from({ length: stages }, (_, i) =>
      stages === 1 ? layers : 1 + Math.round((i * (layers - 1)) / (stages - 1)),
    );
    return [...new Set(counts)];
  },
  axis: (_, stages) => ({ title: "layers randomised, from the output down", values: stages }),
  measure: async ({ subject, map, randomized }, { sign }) => {
    const [other] = await randomized!.maps([subject]);
    return similarity(map, other!, planeOf(subject), sign);
  },
});
