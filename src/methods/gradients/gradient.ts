import { graphMethod } from "../core/method.js";

/** The gradient ∇ₓf (Simonyan et al. 2014); the map is Σ_c |∇ₓf|. The paper takes the maximum over channels. */
export const gradient = graphMethod({
  name: "gradient",
  title: "Gradient",
  paper: "Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, ICLR Workshop 2014",
  signed: false,
  attributes: "input",
  settings: {},
  emit: ({ inputGradient }) => ({ attribution: inputGradient }),
});
