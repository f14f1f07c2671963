import type { Node } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isMovement } from "../ops/core/role.js";

/**
 * Sorts values by how useful an explanation of them is: scores, then other values, then boxes and switches; values of
 * one kind by their distance from an output.
 */
export function byUsefulness(
  nodes: readonly Node[],
  registry: Registry,
  outputs: readonly string[],
  values: readonly string[],
): readonly string[] {
  const scores = readAs("scores", nodes, registry);
  const positions = readAs("positions", nodes, registry);
  const kindOf = (name: string): number => {
    if (outputs.includes(name) || scores.has(name)) return 0;
    return positions.has(name) ? 2 : 1;
  };
  const distances = distancesTo(outputs, nodes);
  const distance = (name: string): number => distances.get(name) ?? Infinity;
  const rank = new Map(values.map((name) => [name, kindOf(name)] as const));
  return values.toSorted((p, q) => {
    const kinds = rank.get(p)! - rank.get(q)!;
    return kinds === 0 ? compare(distance(p), distance(q)) : kinds;
  });
}

const compare = (p: number, q: number): number => (p === q ? 0 : p - q);

/** The values connected by movements alone to an input that is read as scores, or as positions. Nodes are in topological order. */
function readAs(
  what: "scores" | "positions",
  nodes: readonly Node[],
  registry: Registry,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { op, domain, inputs, outputs } of nodes.toReversed()) {
    const { role, reads } = registry.get(op, domain) ?? {};
    for (const at of reads?.[what] ?? []) found.add(inputs[at] ?? "");
    const moves = role === "join" || isMovement(role);
    if (moves && outputs.some((name) => found.has(name))) {
      for (const name of inputs) found.add(name);
    }
  }
  return found;
}

/** The number of nodes between each value and the nearest output. Nodes are in topological order. */
function distancesTo(
  outputs: readonly string[],
  nodes: readonly Node[],
): ReadonlyMap<string, number> {
  const distances = new Map<string, number>(outputs.map((name) => [name, 0]));
  for (const node of nodes.toReversed()) {
    const steps = Math.min(...node.outputs.map((name) => distances.get(name) ?? Infinity)) + 1;
    for (const name of node.inputs) {
      distances.set(name, Math.min(distances.get(name) ?? Infinity, steps));
    }
  }
  return distances;
}
