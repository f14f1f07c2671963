import { pointwiseRegions } from "../../analysis/regions.js";
import type { RuleContext } from "../../decomposition/full-gradient.js";
import type { Node, Value } from "../../onnx/ir.js";
import { NodeView } from "../../ops/core/node-view.js";
import type { Registry } from "../../ops/core/registry.js";
import type { Cotangent, OpSpec, Vjp } from "../../ops/core/spec.js";

/** The registry with another backward rule for every differentiable node, made from the gradient of its operator. */
export function withNodeRule(
  { graph, registry }: RuleContext,
  rule: (gradient: Vjp<unknown>) => Vjp<unknown>,
): Registry {
  const ops = new Set(graph.nodes.flatMap((n) => (n.domain === "" ? [n.op] : [])));
  const changed = [...ops].map((op): [string, Partial<Pick<OpSpec, "vjp">>] => {
    const { vjp } = registry.get(op)!;
    return [op, typeof vjp === "string" ? {} : { vjp: rule(vjp) }];
  });
  return registry.with(Object.fromEntries(changed));
}

/** A non-linear element-wise function of one value: an activation, exported as one node or several. */
export interface Activation {
  readonly entry: string;
  readonly exit: string;
  readonly nodes: ReadonlySet<string>;
}

/** The activation that consists of or contains this node. Scaling and shifting by constants is not an activation. */
export function activationsOf(site: RuleContext): (node: Node) => Activation | undefined {
  const { graph, registry, plan } = site;
  const { active } = plan.path;
  const regions = pointwiseRegions(graph, registry, plan.path);
  const activeInputs = (node: Node): string[] => [
    ...new Set(node.inputs.filter((name) => active.has(name))),
  ];
  const isLinear = (node: Node): boolean => {
    const role = registry.role(node);
    if (role === "linear" || role === "identity" || role === "cast") return true;
    if (role === "multiplication") {
      return node.inputs.filter((name) => active.has(name)).length < 2;
    }
    return role === "quotient" && !active.has(node.inputs[1]!);
  };
  const bent = new Set(graph.nodes.filter((n) => !isLinear(n)).map((n) => n.name));
  return (node) => {
    const region = regions.get(node.name);
    const [entry, ...others] = region ? [region.entry] : activeInputs(node);
    const nodes = region?.nodes ?? new Set([node.name]);
    if (!registry.of(node).pointwise || entry === undefined || others.length > 0) return undefined;
    if (![...nodes].some((name) => bent.has(name))) return undefined;
    return { entry, exit: region?.exit.name ?? node.name, nodes };
  };
}

/**
 * Sends a message to the first active input of a node in an activation: one path to the activation's input is enough.
 */
export function passOn(n: NodeView, message: () => Value): readonly Cotangent[] {
  return sendTo(
    n,
    n.inputs.findIndex((_, i) => n.isActive(i)),
    message,
  );
}

/** Sends a message to one input of a node only. */
export function sendTo(n: NodeView, which: number, message: () => Value): readonly Cotangent[] {
  return n.inputs.map((_, i) => (i === which ? message : "elsewhere"));
}

/** A copy of a node with other values as inputs and outputs. */
export function viewWith(
  { node, attrs, opset, active }: NodeView,
  inputs: readonly (Value | undefined)[],
  outputs: readonly Value[],
): NodeView {
  return new NodeView({ node, attrs, opset, inputs, outputs, active });
}
