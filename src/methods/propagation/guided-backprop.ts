import { graphMethod } from "../core/method.js";
import { positivePart, withActivationRule } from "../building-blocks/activation-rules.js";

/**
 * Guided back-propagation: of the gradient that arrives at a ReLU, only what is positive goes on, and only where the
 * ReLU is on. At another activation: f'(x) · max(dy, 0), of which that is the case for ReLU.
 */
export const guidedBackprop = graphMethod({
  name: "guided-backprop",
  title: "Guided back-propagation",
  paper:
    "Springenberg, Dosovitskiy, Brox and Riedmiller, Striving for Simplicity, ICLR Workshop 2015",
  signed: false,
  attributes: "input",
  settings: {},
  rules: (site) => withActivationRule(site, { arriving: positivePart, through: true }),
  emit: ({ inputGradient }) => ({ attribution: inputGradient }),
});
