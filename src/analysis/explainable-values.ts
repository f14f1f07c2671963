/**
 * The values that can be explained where the requested output cannot: those before the final selections, indices and
 * unknown operators.
 *
 * @module
 */
import type { UnsupportedNode } from "../errors.js";
import type { Node, Port, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isMovement, type Role } from "../ops/core/role.js";
import { isFloat } from "../tensor/dtype.js";
import { isStatic } from "../tensor/shape.js";
import { activePath } from "./active-path.js";
import { learnedValues } from "./learned-values.js";
import { unsupportedNode } from "./unsupported-node.js";
import { byUsefulness } from "./usefulness.js";

/** Roles that copy or select values; their input is the better value to explain. */
const chooses = (role: Role | undefined): boolean =>
  role === "maximum" || (role !== "folding" && isMovement(role));

/** A graph with unknown nodes. */
export interface KnownPart {
  /** The part with inferred facts (passes/infer-shapes). */
  readonly known: TypedGraph;
  /** All nodes of the graph. */
  readonly nodes: readonly Node[];
  /** Names of the values in the user's file, the only ones that can be requested. */
  readonly own: ReadonlySet<string>;
  /** The explained input. */
  readonly input: string;
}

/**
 * The last values with a gradient on the paths to the graph's outputs, the most useful first: floats of the file that
 * depend on the input differentiably, through a layer with weights, and whose size is known except for the batch.
 */
export function explainableValues(part: KnownPart, registry: Registry): readonly Port[] {
  const { known, nodes, own, input } = part;
  const smooth = known.nodes.filter((n) => registry.of(n).vjp !== "not-differentiable");
  const { active } = activePath({ ...known, nodes: smooth }, registry, [input]);
  const learned = learnedValues(known, registry, active);
  const batch = known.facts.get(input)?.shape[0] ?? 1;
  const hasGradient = (name: string): boolean => {
    const fact = known.facts.get(name);
    if (!fact || name === input || !active.has(name) || !isFloat(fact.dtype)) return false;
    const [first, ...rest] = fact.shape;
    return first === batch ? isStatic(rest) : batch === 1 && isStatic(fact.shape);
  };
  const isArithmetic = (name: string): boolean => known.facts.get(name)?.elements !== undefined;
  const outputs = known.outputs.map((o) => o.name);
  const read = new Set([...outputs, ...nodes.flatMap((n) => n.inputs)]);
  const isLost = (name: string): boolean =>
    read.has(name) && !hasGradient(name) && !isArithmetic(name);
  const ends = nodes.filter((n) => n.outputs.some(isLost)).flatMap(readBy);
  const makers = new Map(smooth.flatMap((n) => n.outputs.map((o) => [o, n] as const)));
  const origins = [...outputs, ...ends]
    .filter(hasGradient)
    .map((name) => origin(name, makers, registry, hasGradient, own))
    .filter((name) => own.has(name) && learned.has(name));
  return byUsefulness(nodes, registry, outputs, [...new Set(origins)]).map((name) => ({
    name,
    fact: known.facts.get(name)!,
  }));
}

/** The values that a node reads, including those in its branches and bodies. */
function readBy({ inputs, attributes }: Node): readonly string[] {
  const bodies = Object.values(attributes).flatMap((a) => (a.type === "graph" ? [a.value] : []));
  return [...inputs, ...bodies.flatMap(({ nodes }) => nodes.flatMap(readBy))];
}

/** The value of the file that this one was copied or selected from. */
function origin(
  name: string,
  makers: ReadonlyMap<string, Node>,
  registry: Registry,
  hasGradient: (name: string) => boolean,
  own: ReadonlySet<string>,
): string {
  const maker = makers.get(name);
  if (!maker || (own.has(name) && !chooses(registry.role(maker)))) return name;
  const [source] = maker.inputs.filter(hasGradient);
  if (source === undefined) return name;
  const found = origin(source, makers, registry, hasGradient, own);
  return own.has(found) ? found : name;
}

/**
 * The nodes at which the paths from an output back to the input lose the gradient: those that compute an index, a count or
 * a comparison from a value that depends on the input.
 */
export function gradientEnds(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
): readonly UnsupportedNode[] {
  const { active, dependent } = activePath(graph, registry, [input]);
  const wanted = new Set([output]);
  const ends: UnsupportedNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((o) => wanted.has(o) && dependent.has(o))) continue;
    if (node.inputs.some((i) => active.has(i))) {
      const steps = "its results are choices or steps, which have no gradient";
      const reason = registry.of(node).wayThrough ?? steps;
      ends.push(unsupportedNode(graph, node, reason));
    } else for (const name of node.inputs) wanted.add(name);
  }
  return ends.reverse();
}

/** The nodes whose results determine the size of an output at run time: those that count, and those that select rows. */
export function sizeEnds(graph: TypedGraph, output: string): readonly UnsupportedNode[] {
  const symbolsOf = (name: string): readonly string[] =>
    (graph.facts.get(name)?.shape ?? []).filter((dim) => typeof dim === "string");
  const open = symbolsOf(output);
  const given = new Set(graph.inputs.flatMap(({ name }) => symbolsOf(name)));
  const known = new Set(given);
  return graph.nodes.flatMap((node) => {
    const made = node.outputs.flatMap(symbolsOf).filter((symbol) => !known.has(symbol));
    for (const symbol of made) known.add(symbol);
    const isNew = !node.inputs.flatMap(symbolsOf).some((symbol) => !given.has(symbol));
    const decides = isNew && made.some((symbol) => open.some((dim) => dim.includes(symbol)));
    if (!decides) return [];
    const reason = `the number of rows it keeps, and so the size of "${output}", is unknown before the model runs`;
    return [unsupportedNode(graph, node, reason)];
  });
}
