/**
 * Where a model can be explained although the output that was asked for cannot: the values before the selections,
 * indices and unknown operators that it ends in.
 *
 * @module
 */
import type { Hole } from "../errors.js";
import type { Node, Port, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/registry.js";
import { isFloat } from "../tensor/dtype.js";
import { isStatic } from "../tensor/shape.js";
import { activePath } from "./active-path.js";

/** Operators that pass values on or pick some of them: what goes in is the better value to explain. */
const choosing: ReadonlySet<string> = new Set([
  ...["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand"],
  ...["Slice", "Split", "Gather", "GatherND", "GatherElements", "TopK", "ReduceMax", "Max"],
]);

/**
 * The last values before a gradient is cut off on the way to the graph's outputs: floats that depend on the input
 * differentiably, of a size that is known but for the batch.
 *
 * @param known what can be inferred of the graph (passes/infer-known)
 * @param nodes all of its nodes
 * @param input name of the input that is explained
 */
export function explainableValues(
  known: TypedGraph,
  nodes: readonly Node[],
  registry: Registry,
  input: string,
): readonly Port[] {
  const smooth = known.nodes.filter((n) => registry.of(n).vjp !== "not-differentiable");
  const { active } = activePath({ ...known, nodes: smooth }, registry, [input]);
  const batch = known.facts.get(input)?.shape[0] ?? 1;
  const isExplainable = (name: string): boolean => {
    const fact = known.facts.get(name);
    if (!fact || name === input || !active.has(name) || !isFloat(fact.dtype)) return false;
    const [first, ...rest] = fact.shape;
    return first === batch ? isStatic(rest) : batch === 1 && isStatic(fact.shape);
  };
  const isArithmetic = (name: string): boolean => known.facts.get(name)?.elements !== undefined;
  const outputs = known.outputs.map((o) => o.name);
  const read = new Set([...outputs, ...nodes.flatMap((n) => n.inputs)]);
  const isLost = (name: string): boolean =>
    read.has(name) && !isExplainable(name) && !isArithmetic(name);
  const ends = nodes.filter((n) => n.outputs.some(isLost)).flatMap((n) => n.inputs);
  const makers = new Map(smooth.flatMap((n) => n.outputs.map((o) => [o, n] as const)));
  const origins = [...outputs, ...ends]
    .filter(isExplainable)
    .map((name) => origin(name, makers, isExplainable));
  return [...new Set(origins)].map((name) => ({ name, fact: known.facts.get(name)! }));
}

/** The value that this one was picked from. */
function origin(
  name: string,
  makers: ReadonlyMap<string, Node>,
  isExplainable: (name: string) => boolean,
): string {
  const maker = makers.get(name);
  if (!maker || !choosing.has(maker.op)) return name;
  const [source] = maker.inputs.filter(isExplainable);
  return source === undefined ? name : origin(source, makers, isExplainable);
}

/**
 * The nodes at which the way from an output back to the input ends: what makes an index, a count or a comparison of
 * something that depends on the input.
 */
export function gradientEnds(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
): readonly Hole[] {
  const { active, dependent } = activePath(graph, registry, [input]);
  const wanted = new Set([output]);
  const ends: Hole[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((o) => wanted.has(o) && dependent.has(o))) continue;
    if (node.inputs.some((i) => active.has(i))) {
      const opset = graph.opsets.get(node.domain) ?? 0;
      const reason = "what it makes are choices or steps, which have no gradient";
      ends.push({ node: node.name, op: node.op, opset, reason });
    } else for (const name of node.inputs) wanted.add(name);
  }
  return ends.reverse();
}
