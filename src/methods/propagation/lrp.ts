import { graphMethod } from "../core/method.js";
import { perSample } from "../../decomposition/per-sample.js";
import { choice, number } from "../core/settings.js";
import { relevanceRules } from "../building-blocks/relevance-rules.js";

/**
 * Layer-wise relevance propagation (Bach et al. 2015), with the rules collected by Montavon et al. 2019. The input
 * relevances sum to the score minus `absorbed`, the relevance lost to biases and ε.
 */
export const lrp = graphMethod({
  name: "lrp",
  title: "Layer-wise relevance propagation",
  paper:
    "Bach et al., On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation, " +
    "PLoS ONE 2015; Montavon et al., Layer-Wise Relevance Propagation: An Overview, 2019",
  signed: true,
  attributes: "input",
  settings: {
    rule: choice(
      ["epsilon", "gamma", "composite"],
      "composite",
      "rule of all layers with weights; composite: ε in dense layers, z⁺ in convolutions (EpsilonPlus)",
    ),
    epsilon: number(1e-6, "ε rule: stabiliser added to the magnitude of each output", 1e-9),
    gamma: number(0.25, "γ rule: extra weight of contributions with the sign of the output", 0),
  },
  rules: relevanceRules,
  emit: ({ b, input, target, inputGradient }) => {
    const sum = perSample(b.within("lrp"), inputGradient, input.fact.shape[0] ?? 1);
    const absorbed = b.within("lrp").sub(target.score, sum, "absorbed");
    return { attribution: inputGradient, info: { sum, absorbed } };
  },
});
