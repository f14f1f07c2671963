import { graphMethod } from "../core/method.js";

/**
 * ∇ₓf ⊙ x (Shrikumar et al. 2016), the input term of the full-gradient. The rest of the score comes from the biases;
 * completeness reports it.
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
