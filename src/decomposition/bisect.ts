import type { Value } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import type { FullGradient } from "./full-gradient.js";

/** What one node fails to hand on: ⟨dy, y⟩ − Σ⟨dxᵢ, xᵢ⟩ − ⟨dy, b⟩, which is 0 where its record is right. */
export interface NodeGap {
  readonly node: string;
  readonly op: string;
  /** Summed over the batch. */
  readonly residual: number;
  /** |residual| relative to the absolute sum of everything that was added. */
  readonly conditioned: number;
}

/** The sums of one node. */
export interface NodeSums {
  readonly node: string;
  readonly op: string;
  /** [6]: what comes in, what goes out, the bias's part; then the same of absolute values */
  readonly sums: Value;
}

type Pairs = readonly (readonly [Value, Value])[];

/**
 * The law of conservation node by node, as graph: where a decomposition does not add up, this tells which node loses
 * or makes something.
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

/** The gap of a node from its sums. */
export function gapOf(node: string, op: string, sums: ArrayLike<number>): NodeGap {
  const residual = sums[0]! - sums[1]! - sums[2]!;
  const mass = sums[3]! + sums[4]! + sums[5]!;
  return { node, op, residual, conditioned: residual === 0 ? 0 : Math.abs(residual) / mass };
}
