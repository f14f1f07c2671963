import { graphMethod } from "../core/method.js";

/**
 * ∇ₓf ⊙ x (Shrikumar et al. 2016): the input's part of the full-gradient. The rest of the score is the biases' part,
 * which completeness reports.
 */
export const gradientXInput = graphMethod({
  name: "gradient-x-input",
  title: "Gradient × input",
  paper:
    "Shrikumar, Greenside, Shcherbina and Kundaje, Not Just a Black Box, arXiv 1605.01713, 2016",
  signed: true,
  attributes: "input",
  decomposes: true,
  settings: {},
  emit: ({ inputTerm }) => ({ attribution: inputTerm }),
});
