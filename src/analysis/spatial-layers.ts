import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isMovement, type Role } from "../ops/core/role.js";
import type { Shape } from "../tensor/shape.js";
import type { ActivePath } from "./active-path.js";
import { restoration, type TracedAxes, type Restoration } from "./traced-axes.js";

/** A value with places that everything the output knows of the image has to pass: what class activation maps look at. */
export interface SpatialLayer {
  /** Name of the value. */
  readonly value: string;
  /** The node that makes it, and its operator. */
  readonly node: string;
  readonly op: string;
  /** [N,C,…places] */
  readonly shape: Shape;
  readonly restoration: Restoration;
}

/**
 * The spatial layers between the image and an output, in order, as far as they are features: before the last linear
 * layer, where there are some. Where a class token alone is read in the end, before the last attention, after which the gradient at the places
 * is zero.
 */
export function spatialLayers(
  graph: TypedGraph,
  registry: Registry,
  path: ActivePath,
  layouts: ReadonlyMap<string, TracedAxes>,
  { input, output }: { readonly input: string; readonly output: string },
): readonly SpatialLayer[] {
  const { shape } = graph.facts.get(input)!;
  const nodes = onTheWay(graph, path, output);
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

/** The nodes whose result is all that an output needs of the image, in order. */
export const narrowNodes = (
  graph: TypedGraph,
  path: ActivePath,
  { input, output }: { readonly input: string; readonly output: string },
): readonly Node[] => bottlenecks(onTheWay(graph, path, output), input, output);

/** Roles that make nothing new: a folding does, places of another size. */
const moves = (role: Role | undefined): boolean =>
  role === "padding" || (role !== "folding" && role !== "selection" && isMovement(role));

/** The nodes that make an output from the image, in order. */
function onTheWay(graph: TypedGraph, path: ActivePath, output: string): readonly Node[] {
  const wanted = new Set([output]);
  const nodes = graph.nodes.toReversed().filter((node) => {
    const leads = node.outputs.some((name) => wanted.has(name) && path.active.has(name));
    if (leads) for (const name of node.inputs) if (path.active.has(name)) wanted.add(name);
    return leads;
  });
  return nodes.reverse();
}

/**
 * The nodes that lie on every way from the image to the output: those after which their result is the only value that
 * is still needed. That holds in any topological order.
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
