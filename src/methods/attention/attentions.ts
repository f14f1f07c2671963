import { isPlaces, restoration, type TracedAxes } from "../../analysis/traced-axes.js";
import type { FullGradient } from "../../decomposition/full-gradient.js";
import { toImageOrder } from "../../decomposition/spatial-positions.js";
import { UsageError } from "../../errors.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Node, Value } from "../../onnx/ir.js";
import { isMovement } from "../../ops/core/role.js";
import { multiplyDims, normalizeAxis } from "../../tensor/shape.js";

/** An attention: a Softmax whose output weighs values in a product of matrices. */
export interface Attention {
  /** The Softmax. */
  readonly node: string;
  /** Its index among the nodes of the graph. */
  readonly at: number;
  /** The weights, [N,heads,queries,keys] or [N·heads,queries,keys]; the last axis adds up to 1. */
  readonly weights: string;
  readonly axes: TracedAxes;
}

/**
 * The attentions of a network, in order.
 *
 * @throws {UsageError} if the network has none
 */
export function attentionsOf(full: FullGradient, method: string): readonly Attention[] {
  const { graph, registry, plan } = full;
  const found = graph.nodes.flatMap((node, at): Attention[] => {
    const [weights = ""] = node.outputs;
    const { probability } = registry.of(node);
    if (probability !== "softmax" || !plan.path.active.has(weights)) return [];
    const { attrs, inputs } = registry.view(graph, node, () => true);
    const rank = inputs[0]!.fact.shape.length;
    const isLast = normalizeAxis((attrs as { readonly axis: number }).axis, rank) === rank - 1;
    const axes = plan.layouts.get(weights);
    if (!isLast || rank < 3 || !axes || !weighs(full, weights, at)) return [];
    return [{ node: node.name, at, weights, axes }];
  });
  if (found.length > 0) return found;
  throw new UsageError(
    `${method} needs attention, but no Softmax of this network weights other values; grad-cam and fullgrad support any network`,
  );
}

/** Whether a value enters a product of two values that depend on the image, directly or after data movement. */
function weighs({ graph, registry, plan }: FullGradient, value: string, at: number): boolean {
  const names = new Set([value]);
  for (const node of graph.nodes.slice(at + 1)) {
    if (!node.inputs.some((name) => names.has(name))) continue;
    const role = registry.role(node);
    const active = node.inputs.filter((name) => plan.path.active.has(name));
    if (role === "product" && active.length > 1) return true;
    // Where: a fully masked row, which PyTorch's exporter sets to 0. Mul by a constant: dropout.
    const passes = isMovement(role) || role === "choice" || role === "multiplication";
    if (passes && active.length === 1) for (const name of node.outputs) names.add(name);
  }
  return false;
}

/**
 * Values per key, laid out like the weights without the axis of queries, [N,heads,keys] or [N·heads,keys], as a mean
 * over heads at the positions of the image: [N,1,…positions].
 *
 * @throws {UsageError} if the keys are not positions of the image
 */
export function atPlaces(
  b: GraphBuilder,
  { input }: FullGradient,
  keys: Value,
  axes: TracedAxes,
  node: string,
): Value {
  const [batch = 1, , ...image] = input.fact.shape;
  const restored = restoration(axes, image.length, batch);
  if (restored) return b.mean(toImageOrder(b, keys, restored), [1]);
  throw new UsageError(
    `the keys of attention "${node}" [${keys.fact.shape.join(",")}] are not positions of the image`,
  );
}

/** The axes without one of them, counted from the end. */
export const without = (axes: TracedAxes, fromEnd: number): TracedAxes =>
  axes.filter((_, i) => i !== axes.length - fromEnd);

/** Weights as [N,heads,queries,keys], or undefined if an attention covers separate parts of the image. */
export function byHead(
  b: GraphBuilder,
  { input }: FullGradient,
  weights: Value,
  axes: TracedAxes,
): Value | undefined {
  const outer = axes.slice(0, -2).flat();
  const { shape } = weights.fact;
  const [batch = 1] = input.fact.shape;
  const hasBatch = batch === 1 || outer.some((a) => a.role === "batch");
  if (!hasBatch || isPlaces(outer)) return undefined;
  const heads = multiplyDims(...outer.flatMap((a) => (a.role === "batch" ? [] : [a.size])));
  return b.reshape(weights, [batch, heads, ...shape.slice(-2)], "heads");
}

/** A residual connection: a sum of two values that depend on the image, on which all later values depend. */
export const isResidual = (full: FullGradient, node: Node): boolean =>
  full.registry.role(node) === "linear" &&
  node.inputs.filter((name) => full.plan.path.active.has(name)).length > 1;
