import type { Value } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import type { FullGradient } from "./full-gradient.js";

/** The conservation residual of one node: ⟨dy, y⟩ − Σ⟨dxᵢ, xᵢ⟩ − ⟨dy, b⟩, which is 0 if its record is correct. */
export interface NodeGap {
  readonly node: string;
  readonly op: string;
  /** Summed over the batch. */
  readonly residual: number;
  /** |residual| relative to the sum of the absolute values of all terms. */
  readonly conditioned: number;
}

export interface NodeSums {
  readonly node: string;
  readonly op: string;
  /** [6]: the sums ⟨dy, y⟩, Σ⟨dxᵢ, xᵢ⟩ and ⟨dy, b⟩; then the sums of absolute values */
  readonly sums: Value;
}

type Pairs = readonly (readonly [Value, Value])[];

/**
 * Emits the conservation residual of every node, to find the node at which a decomposition stops adding up.
 */
export function emitNodeSums(full: FullGradient, registry: Registry): NodeSums[] {
  return full.gradients.steps.map(({ view, dy, parts }) => {
    const b = full.b.within(`${view.name}/gap`);
    const sum = (v: Value): Value => b.reshape(b.sum(v), [1]);
    const total = (pairs: Pairs, of: (product: Value) => Value): Value =>
      pairs
        .map(([p, q]) => sum(of(b.mul(p, q))))
        .reduce((p, q) => b.add(p, q), b.reshape(b.scalar(0, view.x()), [1]));
    const arrived = view.outputs.flatMap((y, i) => (dy[i] ? [[dy[i], y] as const] : []));
    const sent = parts.map(({ input, gradient }) => [gradient, input] as const);
    const rule = registry.of(view.node).bias(view);
    const own = rule === "none" || !dy[0] ? [] : [[dy[0], rule.emit(b)] as const];
    const all = [arrived, sent, own];
    const signed = all.map((pairs) => total(pairs, (v) => v));
    const absolute = all.map((pairs) => total(pairs, (v) => b.op("Abs", [v])));
    const sums = b.concat([...signed, ...absolute], 0, "sums");
    return { node: view.name, op: view.node.op, sums };
  });
}

/** The residual of a node from its sums. */
export function gapOf(node: string, op: string, sums: ArrayLike<number>): NodeGap {
  const residual = sums[0]! - sums[1]! - sums[2]!;
  const mass = sums[3]! + sums[4]! + sums[5]!;
  return { node, op, residual, conditioned: residual === 0 ? 0 : Math.abs(residual) / mass };
}
