import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isMovement, type Role } from "../ops/core/role.js";
import type { Shape } from "../tensor/shape.js";
import { nodesOnPath, type ActivePath } from "./active-path.js";
import { restoration, type TracedAxes, type Restoration } from "./traced-axes.js";

/** A value with spatial axes on every path from the image to the output: the layers of class activation maps. */
export interface SpatialLayer {
  /** Name of the value. */
  readonly value: string;
  /** The node that computes it, and its operator. */
  readonly node: string;
  readonly op: string;
  /** [N,C,…spatial] */
  readonly shape: Shape;
  readonly restoration: Restoration;
}

/**
 * The spatial layers between the image and an output that are features, in network order: those before the last linear
 * layer, or all if there are none before it. If the output reads only a class token, those before the last attention,
 * because the gradient at the positions is zero after it.
 */
export function spatialLayers(
  graph: TypedGraph,
  registry: Registry,
  path: ActivePath,
  layouts: ReadonlyMap<string, TracedAxes>,
  { input, output }: { readonly input: string; readonly output: string },
): readonly SpatialLayer[] {
  const { shape } = graph.facts.get(input)!;
  const nodes = nodesOnPath(graph, path.active, [output]).toReversed();
  const layers = bottlenecks(nodes, input, output).flatMap((node): SpatialLayer[] => {
    if (moves(registry.role(node))) return [];
    const value = node.outputs[0]!;
    const layout = layouts.get(value);
    const restored = layout && restoration(layout, shape.length - 2, shape[0] ?? 1);
    if (!restored) return [];
    return [{ value, node: node.name, op: node.op, shape: restored.shape, restoration: restored }];
  });
  const last = layers.at(-1);
  const readers = nodes.filter((n) => last && n.inputs.includes(last.value));
  const readsToken =
    last?.restoration.cut.length && readers.every((n) => registry.role(n) === "selection");
  const isEnd = (node: Node): boolean => {
    const { role, probability } = registry.of(node);
    if (readsToken) return probability === "softmax";
    return role === "convolution" || role === "product";
  };
  const end = nodes.findLastIndex(isEnd);
  const before = new Set(nodes.slice(0, Math.max(end, 0)).map((n) => n.name));
  const features = layers.filter((layer) => before.has(layer.node));
  return features.length > 0 || readsToken ? features : layers;
}

/** The last layer of each size; the default of class activation maps is the last one of all. */
export function lastOfEachSize(layers: readonly SpatialLayer[]): readonly SpatialLayer[] {
  return [...new Map(layers.map((l) => [l.shape.slice(2).join("x"), l])).values()];
}

/** The nodes that alone carry the image's information to an output, in network order. */
export const narrowNodes = (
  graph: TypedGraph,
  path: ActivePath,
  { input, output }: { readonly input: string; readonly output: string },
): readonly Node[] =>
  bottlenecks(nodesOnPath(graph, path.active, [output]).toReversed(), input, output);

/** Roles whose outputs are not layers of their own. A folding is one: its positions have another size. */
const moves = (role: Role | undefined): boolean =>
  role === "padding" || (role !== "folding" && role !== "selection" && isMovement(role));

/**
 * The nodes on every path from the image to the output: those after which their result is the only value still needed,
 * in any topological order.
 */
function bottlenecks(nodes: readonly Node[], input: string, output: string): readonly Node[] {
  const uses = new Map<string, number>([[output, 1]]);
  for (const { inputs } of nodes) {
    for (const name of new Set(inputs)) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const needed = new Set([input]);
  return nodes.filter(({ inputs, outputs }) => {
    for (const name of new Set(inputs)) {
      uses.set(name, uses.get(name)! - 1);
      if (uses.get(name) === 0) needed.delete(name);
    }
    const made = outputs.filter((name) => (uses.get(name) ?? 0) > 0);
    for (const name of made) needed.add(name);
    return needed.size === 1 && made.length === 1 && made[0] === outputs[0];
  });
}
