import type { Graph, Node } from "./ir.js";

/** The node that produces each value, by the value's name. */
export const producersOf = ({ nodes }: Pick<Graph, "nodes">): ReadonlyMap<string, Node> =>
  new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
