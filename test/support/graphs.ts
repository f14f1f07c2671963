import { GraphBuilder } from "../../src/onnx/builder.js";
import type { Fact, Graph, TypedGraph } from "../../src/onnx/ir.js";
import { registry } from "../../src/ops/all.js";
import type { OpSpec } from "../../src/ops/core/spec.js";
import type { Dim } from "../../src/tensor/shape.js";

/** An empty graph with a given operator set, and those of other domains. */
export function emptyGraph(opset = 18, others: Readonly<Record<string, number>> = {}): TypedGraph {
  return {
    name: "test",
    opsets: new Map([["", opset], ...Object.entries(others)]),
    inputs: [],
    outputs: [],
    nodes: [],
    constants: new Map(),
    metadata: new Map(),
    facts: new Map(),
  };
}

/** A builder of an empty graph. */
export function newGraph(opset = 18, others: Readonly<Record<string, number>> = {}): GraphBuilder {
  return GraphBuilder.on(emptyGraph(opset, others), registry.infer);
}

/** An operator's record by its qualified name. @throws where the rule book has none. */
export function recordOf(name: string): OpSpec {
  const spec = registry.get(name);
  if (spec) return spec;
  throw new Error(
    `no list of src/ops/all.ts has a record "${name}"; one of another domain is named "domain:Type"`,
  );
}

/** An operator by its qualified name, and a builder whose operator sets have it: 18, or the first that does. */
export function graphFor(
  name: string,
  opset?: number,
): { b: GraphBuilder; type: string; domain: string } {
  const { type, domain = "", since } = recordOf(name);
  const b =
    domain === "" ? newGraph(opset ?? Math.max(18, since)) : newGraph(opset, { [domain]: since });
  return { b, type, domain };
}

/** The graph with every value that a node computes as an output. */
export function withAllOutputs<G extends Graph & { facts: ReadonlyMap<string, Fact> }>(
  graph: G,
): G {
  const names = graph.nodes.flatMap((n) => n.outputs.filter((o) => o !== ""));
  return { ...graph, outputs: names.map((name) => ({ name, fact: graph.facts.get(name)! })) };
}

/**
 * An extent with its symbols replaced by numbers. Undefined for an opaque symbol such as "(N+1)", which promises
 * nothing.
 */
export function bind(dim: Dim, symbols: Readonly<Record<string, number>>): number | undefined {
  if (typeof dim === "number") return dim;
  return dim.split("*").reduce<number | undefined>((product, factor) => {
    const value = symbols[factor] ?? (/^\d+$/.test(factor) ? Number(factor) : undefined);
    return product === undefined || value === undefined ? undefined : product * value;
  }, 1);
}
