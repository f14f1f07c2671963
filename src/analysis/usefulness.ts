import type { Node } from "../onnx/ir.js";

/** Inputs of an operator, by its type. */
type Ports = ReadonlyMap<string, readonly number[]>;

/** What reads scores. */
const readsScores: Ports = new Map<string, readonly number[]>([
  ...["Softmax", "LogSoftmax", "Sigmoid", "TopK", "ArgMax"].map((op): [string, number[]] => [
    op,
    [0],
  ]),
  ["NonMaxSuppression", [1]],
]);

/** What reads places and switches: where to look, not what is there. */
const readsPlaces: Ports = new Map<string, readonly number[]>([
  ...["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"].map((op): [string, number[]] => [
    op,
    [0, 1],
  ]),
  ["NonMaxSuppression", [0]],
  ["RoiAlign", [1]],
  ["GridSample", [1]],
  ["DeformConv", [2, 4]],
]);

/** What does not change what numbers stand for. */
const moving: ReadonlySet<string> = new Set([
  ...["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Gather"],
  ...["Slice", "Split", "Concat", "GatherND", "GatherElements"],
]);

/**
 * Values in the order in which they are worth explaining: scores, then other values, then boxes and switches; among
 * those of a kind the one with the fewest nodes between it and an output first.
 */
export function byUsefulness(
  nodes: readonly Node[],
  outputs: readonly string[],
  values: readonly string[],
): readonly string[] {
  const [scores, places] = [readBy(readsScores, nodes), readBy(readsPlaces, nodes)];
  const kindOf = (name: string): number => {
    if (outputs.includes(name) || scores.has(name)) return 0;
    return places.has(name) ? 2 : 1;
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

/** The values that reach one of these inputs with nothing but movement between. Nodes are in topological order. */
function readBy(ports: Ports, nodes: readonly Node[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { op, inputs, outputs } of nodes.toReversed()) {
    for (const at of ports.get(op) ?? []) found.add(inputs[at] ?? "");
    if (moving.has(op) && outputs.some((name) => found.has(name))) {
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
