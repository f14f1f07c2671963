import { ShapeError, UnsupportedModelError } from "../errors.js";
import { factOf } from "../onnx/facts.js";
import type { Fact, Graph, Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import type { Shape } from "../tensor/shape.js";
import { takenBranch } from "./resolve-branches.js";

/**
 * Limit on the elements of shape arithmetic in a whole model. A node of thirty bytes can have thousands; the index
 * arithmetic of the largest window transformers has about a million.
 */
export const maxCarriedElements = 2 ** 22;

/**
 * Infers dtype, shape (with symbols for open extents) and shape-arithmetic elements for every value. Declared shapes
 * of outputs and intermediate values are ignored and recomputed. An If with a known condition is replaced by the
 * branch taken.
 *
 * @param sizes input shapes by name, which override the declared shapes
 * @throws {UnsupportedModelError} listing every node without a record
 * @throws {ShapeError} naming the node that violates its operator's definition
 */
export function inferShapes(
  graph: Graph,
  registry: Registry,
  sizes: ReadonlyMap<string, Shape> = new Map(),
): TypedGraph {
  const facts = new Map<string, Fact>();
  const constants = new Map(graph.constants);
  for (const [name, constant] of constants) facts.set(name, factOf(constant));
  const inputs = graph.inputs.map(({ name, fact }) => {
    const shape = sizes.get(name);
    return { name, fact: shape ? { ...fact, shape } : fact };
  });
  for (const { name, fact } of inputs) facts.set(name, fact);

  const nodes: Node[] = [];
  let carried = 0;
  const visit = (pending: readonly Node[]): void => {
    checkSupported(pending, registry, graph);
    for (const node of pending) {
      const branch = takenBranch(node, facts.get(node.inputs[0] ?? ""));
      if (branch) {
        for (const [name, constant] of branch.constants) {
          constants.set(name, constant);
          facts.set(name, factOf(constant));
        }
        visit(branch.nodes);
        continue;
      }
      inferNode(node, registry, graph, facts);
      nodes.push(node);
      for (const name of node.outputs) carried += facts.get(name)?.elements?.length ?? 0;
      if (carried > maxCarriedElements) {
        throw new ShapeError(
          `${node.op} (node "${node.name}"): the model's shape arithmetic exceeds ${maxCarriedElements} elements`,
        );
      }
    }
  };
  visit(graph.nodes);
  const outputs = graph.outputs.map(({ name, fact }) => ({ name, fact: facts.get(name) ?? fact }));
  return { ...graph, inputs, outputs, nodes, constants, facts };
}

function checkSupported(nodes: readonly Node[], registry: Registry, graph: Graph): void {
  const certain = nodes.filter((n) => n.op !== "If" || n.domain !== "");
  const holes = registry.holes(certain, graph.opsets);
  if (holes.length > 0) throw new UnsupportedModelError(holes);
}

function inferNode(node: Node, registry: Registry, graph: Graph, facts: Map<string, Fact>): void {
  if (node.op === "If" && node.domain === "") {
    const reason = "its condition is not known before the model runs";
    const opset = graph.opsets.get("") ?? 0;
    throw new UnsupportedModelError([{ node: node.name, op: "If", opset, reason }]);
  }
  const known = node.inputs.map((name) => (name === "" ? undefined : facts.get(name)));
  const inferred = registry.infer(node, known, graph.opsets);
  node.outputs.forEach((name, i) => {
    const fact = inferred[i];
    if (name === "") return;
    if (!fact) throw new ShapeError(`${node.op} (node "${node.name}") has no output ${i}`);
    // The importer rejects duplicate names, except those that branch inlining introduces here.
    if (facts.has(name)) {
      throw new ShapeError(`${node.op} (node "${node.name}") writes "${name}" a second time`);
    }
    facts.set(name, fact);
  });
}
