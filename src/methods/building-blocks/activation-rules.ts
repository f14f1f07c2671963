import { pointwiseRegions } from "../../analysis/regions.js";
import type { RuleContext } from "../../decomposition/full-gradient.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Node, Value } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import type { Role } from "../../ops/core/role.js";
import type { OpSpec, Vjp } from "../../ops/core/spec.js";
import { passOn } from "./node-rules.js";

/**
 * Roles that make a pointwise region an activation. The role "function" does not: normalizations contain functions
 * (Pow, Sqrt, Exp).
 */
const bending: ReadonlySet<Role> = new Set<Role>([
  ...(["activation", "gate", "maximum", "minimum"] as const),
]);

/** The backward rule of an activation. */
export interface ActivationRule {
  /** Transforms the gradient at the activation's output. */
  readonly arriving: (b: GraphBuilder, dy: Value) => Value;
  /** Whether the result is multiplied by the activation's slope, or passed to its input unchanged. */
  readonly through: boolean;
}

/**
 * A registry with another rule for activations, whether exported as one node or several: SiLU may be Sigmoid and Mul,
 * GELU five nodes. Sums, products of two values and all linear operators keep their gradient.
 */
export function withActivationRule(
  { graph, registry, plan }: RuleContext,
  { arriving, through }: ActivationRule,
): Registry {
  const regions = pointwiseRegions(graph, registry, plan.path);
  const lastOf = (node: Node): string => regions.get(node.name)?.exit.name ?? node.name;
  const bends = (node: Node): boolean => {
    const { pointwise, role } = registry.of(node);
    return pointwise === true && bending.has(role);
  };
  const bent = new Set(graph.nodes.flatMap((n) => (bends(n) ? lastOf(n) : [])));
  const exitOf = (node: Node): string | undefined => {
    const exit = lastOf(node);
    return bent.has(exit) ? exit : undefined;
  };
  const inside = graph.nodes.filter((n) => n.domain === "" && exitOf(n) !== undefined);
  const changed = [...new Set(inside.map((n) => n.op))].map((op) => {
    const { vjp } = registry.get(op)!;
    if (typeof vjp === "string") return [op, {}] as const;
    const rule: Vjp<unknown> = (b, n, dy) => {
      const exit = exitOf(n.node);
      if (exit === undefined) return vjp(b, n, dy);
      const arrived = exit === n.name && dy[0] ? [arriving(b, dy[0]), ...dy.slice(1)] : dy;
      if (through) return vjp(b, n, arrived);
      return passOn(n, () => arrived[0]!);
    };
    return [op, { vjp: rule } satisfies Partial<OpSpec>] as const;
  });
  return registry.with(Object.fromEntries(changed));
}

/** max(dy, 0) */
export const positivePart = (b: GraphBuilder, dy: Value): Value => b.op("Relu", [dy], {}, "guided");
