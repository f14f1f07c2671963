import type { Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import { isFloat } from "../tensor/dtype.js";

/** Which values of a graph depend on one of its inputs. */
export interface ActivePath {
  /** Values that depend on the input, differentiably or not. */
  readonly dependent: ReadonlySet<string>;
  /** Values that depend on it differentiably: not through shapes, comparisons, rounding or indices. */
  readonly active: ReadonlySet<string>;
}

/** Follows inputs forward through the graph. */
export function activePath(
  graph: TypedGraph,
  registry: Registry,
  inputs: readonly string[],
): ActivePath {
  const dependent = new Set(inputs);
  const active = new Set(inputs);
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => dependent.has(name))) continue;
    const spec = registry.of(node);
    const flows = spec.vjp !== "zero" && node.inputs.some((name) => active.has(name));
    for (const [i, output] of node.outputs.entries()) {
      // A known shape is a constant, even if it was read from a value that depends on the input.
      if (graph.constants.has(output)) continue;
      dependent.add(output);
      const fact = graph.facts.get(output);
      const carries = spec.straightThrough?.includes(i) ?? (fact && isFloat(fact.dtype));
      if (flows && carries) active.add(output);
    }
  }
  return { dependent, active };
}

/** The nodes on a path through active values to any of some values, in reverse topological order. */
export function nodesOnPath(
  graph: TypedGraph,
  active: ReadonlySet<string>,
  to: Iterable<string>,
): readonly Node[] {
  const wanted = new Set(to);
  return graph.nodes.toReversed().filter((node) => {
    const leads = node.outputs.some((name) => wanted.has(name) && active.has(name));
    if (leads) for (const name of node.inputs) if (active.has(name)) wanted.add(name);
    return leads;
  });
}
