import { graphMethod } from "../core/method.js";
import { positivePart, withActivationRule } from "../building-blocks/activation-rules.js";

/**
 * Deconvolutional network: at a ReLU only what is positive goes on, whether the ReLU is on or not. The same at any other
 * activation: max(dy, 0) goes to its input, as if it were a ReLU.
 */
export const deconvnet = graphMethod({
  name: "deconvnet",
  title: "DeconvNet",
  paper: "Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014",
  signed: false,
  attributes: "input",
  settings: {},
  rules: (site) => withActivationRule(site, { arriving: positivePart, through: false }),
  emit: ({ inputGradient }) => ({ attribution: inputGradient }),
});
