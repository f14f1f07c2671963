import { planBiases } from "../analyzer/bias-plan.js";
import type { TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/registry.js";
import { prepare } from "../passes/prepare.js";
import { hasBatch } from "./per-sample.js";

/** The graph itself, or, where it mixes its samples in a way that cannot be followed, for one sample at a time. */
export function separable(
  graph: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
): TypedGraph {
  const [batch = 1] = graph.facts.get(input)!.shape;
  const { units } = planBiases(graph, registry, input, output);
  if (typeof batch === "number" || units.every((u) => hasBatch(u.shape, batch, u.layout)))
    return graph;
  const one = graph.inputs.flatMap(({ name, fact: { shape } }) =>
    shape[0] === batch ? [[name, [1, ...shape.slice(1)]] as const] : [],
  );
  return prepare(graph, registry, new Map(one));
}
