import { graphMethod } from "../core/method.js";
import { perSample } from "../../decomposition/per-sample.js";
import { choice, number } from "../core/settings.js";
import { relevanceRules } from "../building-blocks/relevance-rules.js";

/**
 * Layer-wise relevance propagation (Bach et al. 2015), with the rules that Montavon et al. 2019 collect. The relevances
 * of the input sum to the score less what biases and ε took, which is `absorbed`.
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
      "the rule of all layers with weights; composite: ε in dense layers, z⁺ in convolutions (EpsilonPlus)",
    ),
    epsilon: number(1e-6, "of the ε rule: what is added to the size of each output", 1e-9),
    gamma: number(0.25, "of the γ rule: how much more counts what has the sign of the output", 0),
  },
  rules: relevanceRules,
  emit: ({ b, input, target, inputGradient }) => {
    const sum = perSample(b.within("lrp"), inputGradient, input.fact.shape[0] ?? 1);
    const absorbed = b.within("lrp").sub(target.score, sum, "absorbed");
    return { attribution: inputGradient, info: { sum, absorbed } };
  },
});
