import { noAxes } from "./axis-mapping.js";
import type { Definition, OpSpec } from "./spec.js";

/**
 * A record with the gradient, bias and axes of its definition, which replaces the node before they are needed. Facts
 * default to the facts of the definition; axes can be given for the analysis of the node itself.
 */
export function byDefinition<A>(
  record: Omit<OpSpec<A>, "axes" | "bias" | "definition" | "vjp"> & {
    readonly axes?: OpSpec<A>["axes"];
    readonly definition: Definition<A>;
  },
): OpSpec<A> {
  return {
    axes: noAxes,
    ...record,
    vjp: "by-definition",
    bias: (n) => {
      throw n.refusal(
        "its definition must be expanded before its bias is asked for (passes/replacement/expand-definitions)",
      );
    },
  };
}
