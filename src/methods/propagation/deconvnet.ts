import { graphMethod } from "../core/method.js";
import { positivePart, withActivationRule } from "../building-blocks/activation-rules.js";

/**
 * Deconvolutional network: a ReLU passes max(dy, 0) back to its input, whether it is active or not. Every other
 * activation is treated the same way.
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
