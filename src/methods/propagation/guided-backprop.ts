import { graphMethod } from "../core/method.js";
import { positivePart, withActivationRule } from "../building-blocks/activation-rules.js";

/**
 * Guided back-propagation: an activation f passes f'(x) · max(dy, 0) back to its input. A ReLU therefore passes
 * positive gradients only, and only where it is active.
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
