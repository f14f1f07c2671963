import { choice, whole } from "../../methods/core/settings.js";
import { signRules } from "../ranking.js";
import { similarity, similarityMeasures } from "../similarity.js";
import { planeOf } from "../subject.js";
import { biases, evaluationTest } from "../test.js";

/**
 * Cascading parameter randomisation: the weights of the network are randomised from the output down, more and more
 * layers, and the map is compared with that of the network as it was. A map that stays the same does not depend on what
 * the network has learned.
 *
 * @see J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim, "Sanity Checks for Saliency Maps", NeurIPS 2018.
 */
export const parameterRandomization = evaluationTest({
  name: "parameter-randomization",
  title: "Cascading parameter randomisation",
  paper:
    "J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim, Sanity Checks for Saliency Maps, NeurIPS 2018",
  about:
    "The weights of more and more layers, from the output down, are shuffled within each tensor, and the map is compared " +
    "with that of the trained network, for the same class. It should lose all likeness.",
  settings: {
    stages: whole(
      6,
      "networks, from one with its last layer randomised to one with all of them",
      1,
    ),
    sign: choice(signRules, "absolute", "maps are compared by absolute values, or as they are"),
  },
  measures: () => similarityMeasures,
  notShown: [
    "To pass says that a map depends on the weights, not that it shows what they do.",
    "What stays alike may come of the architecture: strides, pooling and residual connections shape maps of random " +
      "networks too. Baselines do not look at the network, so their likeness is 1.",
    "Shuffled weights keep the distribution of each tensor; weights drawn anew may give other numbers.",
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
