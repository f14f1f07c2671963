import { GraphBuilder } from "../../src/onnx/builder.js";
import type { Fact, Graph, TypedGraph } from "../../src/onnx/ir.js";
import { registry } from "../../src/ops/all.js";
import type { Dim } from "../../src/tensor/shape.js";

/** An empty graph with a given operator set. */
export function emptyGraph(opset = 18): TypedGraph {
  return {
    name: "test",
    opsets: new Map([
      ["", opset],
      ["com.microsoft", 1],
    ]),
    inputs: [],
    outputs: [],
    nodes: [],
    constants: new Map(),
    metadata: new Map(),
    facts: new Map(),
  };
}

/** A builder on nothing. */
export function newGraph(opset = 18): GraphBuilder {
  return GraphBuilder.on(emptyGraph(opset), registry.infer);
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
