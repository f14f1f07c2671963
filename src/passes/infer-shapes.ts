import { ShapeError, UnsupportedModelError } from "../errors.js";
import { factOf } from "../onnx/builder.js";
import type { Fact, Graph, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/registry.js";
import type { Shape } from "../tensor/shape.js";

/**
 * Facts for every value of a graph: dtype, shape with symbols where the model leaves it open, and the elements of
 * shape arithmetic. Declared shapes of outputs and intermediates are not trusted; they are computed.
 *
 * @param sizes shapes to use for inputs instead of the declared ones, by name
 * @throws {UnsupportedModelError} listing every node without a record
 * @throws {ShapeError} naming the node where the operator's definition does not fit
 */
export function inferShapes(
  graph: Graph,
  registry: Registry,
  sizes: ReadonlyMap<string, Shape> = new Map(),
): TypedGraph {
  const holes = registry.holes(graph.nodes, graph.opsets);
  if (holes.length > 0) throw new UnsupportedModelError(holes);

  const facts = new Map<string, Fact>();
  for (const [name, constant] of graph.constants) facts.set(name, factOf(constant));
  const inputs = graph.inputs.map(({ name, fact }) => {
    const shape = sizes.get(name);
    return { name, fact: shape ? { ...fact, shape } : fact };
  });
  for (const { name, fact } of inputs) facts.set(name, fact);

  for (const node of graph.nodes) {
    const known = node.inputs.map((name) => (name === "" ? undefined : facts.get(name)));
    const inferred = registry.infer(node, known, graph.opsets);
    node.outputs.forEach((name, i) => {
      const fact = inferred[i];
      if (name === "") return;
      if (!fact) throw new ShapeError(`${node.op} (node "${node.name}") has no output ${i}`);
      facts.set(name, fact);
    });
  }
  const outputs = graph.outputs.map(({ name, fact }) => ({ name, fact: facts.get(name) ?? fact }));
  return { ...graph, inputs, outputs, facts };
}
