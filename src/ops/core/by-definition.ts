import { noAxes } from "./axis-mapping.js";
import type { Definition, OpSpec } from "./spec.js";

/**
 * A record whose gradient, bias and axes are those of its definition, which stands in its place before they are asked.
 * Its facts are the definition's unless given.
 */
export function byDefinition<A>(
  record: Omit<OpSpec<A>, "axes" | "bias" | "definition" | "vjp"> & {
    readonly definition: Definition<A>;
  },
): OpSpec<A> {
  return {
    ...record,
    axes: noAxes,
    vjp: "by-definition",
    bias: (n) => {
      throw n.refusal("its bias is that of its definition (passes/expand-definitions)");
    },
  };
}
