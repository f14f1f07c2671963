import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isStatic, sameShape, sizeOf } from "../tensor/shape.js";
import { regionForm, type RegionForm } from "../ops/elementwise/region-forms.js";
import type { ActivePath } from "./active-path.js";

/** Element-wise nodes that together compute a function of a single tensor. */
export interface PointwiseRegion {
  /** Name of its input tensor. */
  readonly entry: string;
  /** The last node, whose output is the only one used elsewhere. */
  readonly exit: Node;
  /** Names of its nodes. */
  readonly nodes: ReadonlySet<string>;
  /** Slope and bias of the whole region, if its function is known. */
  readonly form?: RegionForm;
}

/**
 * Finds pointwise regions: connected element-wise nodes of one shape with one input and one output tensor. SiLU is one
 * region whether it was exported as Sigmoid and Mul or as one operator; so is a GELU of five nodes.
 *
 * A constant with more than one element is a parameter (a bias, a gain), and its node a layer: only scalars belong to a
 * formula.
 *
 * @returns the region of each node that belongs to one, by the node's name
 */
export function pointwiseRegions(
  graph: TypedGraph,
  registry: Registry,
  path: ActivePath,
): ReadonlyMap<string, PointwiseRegion> {
  const candidates = graph.nodes.filter((node) => isCandidate(graph, registry, path, node));
  const names = new Set(candidates.map((n) => n.name));
  const root = rootsOf(candidates, path);
  const exits = exitsOf(graph, candidates, names, root);

  const members = new Map<Node, Node[]>();
  for (const node of candidates) {
    const exit = exits.get(node.name)!;
    const known = members.get(exit);
    if (known) known.push(node);
    else members.set(exit, [node]);
  }
  const regions = new Map<string, PointwiseRegion>();
  for (const [exit, nodes] of members) {
    const inside = new Set(nodes.flatMap((n) => n.outputs));
    const entries = new Set(
      nodes.flatMap((n) =>
        n.inputs.filter((name) => path.dependent.has(name) && !inside.has(name)),
      ),
    );
    const [entry] = entries;
    if (entries.size !== 1 || entry === undefined) continue;
    const form = regionForm(graph, nodes, entry);
    const within = new Set(nodes.map((n) => n.name));
    const region = { entry, exit, nodes: within, ...(form ? { form } : {}) };
    for (const node of nodes) regions.set(node.name, region);
  }
  return regions;
}

function isCandidate(graph: TypedGraph, registry: Registry, path: ActivePath, node: Node): boolean {
  const output = node.outputs[0]!;
  if (
    node.step ||
    !registry.of(node).pointwise ||
    node.outputs.length !== 1 ||
    !path.dependent.has(output)
  ) {
    return false;
  }
  const shape = graph.facts.get(output)!.shape;
  return node.inputs.every((name, i) => {
    if (name === "") return true;
    const fact = graph.facts.get(name)!;
    if (path.dependent.has(name)) return sameShape(fact.shape, shape);
    const isSlope = registry.of(node).parameters?.[i] === "slope";
    return isSlope || (isStatic(fact.shape) && sizeOf(fact.shape) === 1);
  });
}

/** For each output of a candidate, the tensor that it is an element-wise function of: itself if there are several. */
function rootsOf(candidates: readonly Node[], path: ActivePath): ReadonlyMap<string, string> {
  const root = new Map<string, string>();
  for (const node of candidates) {
    const sources = new Set(
      node.inputs.filter((name) => path.dependent.has(name)).map((name) => root.get(name) ?? name),
    );
    const output = node.outputs[0]!;
    root.set(output, sources.size === 1 ? [...sources][0]! : output);
  }
  return root;
}

/** The last node of each candidate's region: the one whose values are used outside. */
function exitsOf(
  graph: TypedGraph,
  candidates: readonly Node[],
  names: ReadonlySet<string>,
  root: ReadonlyMap<string, string>,
): ReadonlyMap<string, Node> {
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) {
      const known = consumers.get(name);
      if (known) known.push(node);
      else consumers.set(name, [node]);
    }
  }
  const outputs = new Set(graph.outputs.map((o) => o.name));
  const exits = new Map<string, Node>();
  for (const node of candidates.toReversed()) {
    const output = node.outputs[0]!;
    const users = consumers.get(output) ?? [];
    // A sum of two tensors does not join the region of the activation after it.
    const begins = root.get(output) === output;
    const within =
      !begins &&
      users.every(
        (user) => names.has(user.name) && root.get(user.outputs[0]!) === root.get(output),
      );
    const ends = new Set(users.map((user) => exits.get(user.name)));
    const exit = within && ends.size === 1 && !outputs.has(output) ? [...ends][0]! : node;
    exits.set(node.name, exit);
  }
  return exits;
}
