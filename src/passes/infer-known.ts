import { FullgradError } from "../errors.js";
import { factOf } from "../onnx/facts.js";
import type { Fact, Graph, Node, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import type { Shape } from "../tensor/shape.js";
import { maxCarriedElements } from "./infer-shapes.js";
import { takenBranch } from "./resolve-branches.js";

/**
 * Partial inference for a graph with unsupported operators: keeps the nodes reachable from inputs and constants
 * through operators that have a record, with the facts of their values, and drops the others.
 *
 * @param sizes input shapes by name, which override the declared shapes
 */
export function inferKnown(
  graph: Graph,
  registry: Registry,
  sizes: ReadonlyMap<string, Shape> = new Map(),
): TypedGraph {
  const constants = new Map(graph.constants);
  const facts = new Map<string, Fact>();
  for (const [name, constant] of constants) facts.set(name, factOf(constant));
  for (const { name, fact } of graph.inputs) {
    const shape = sizes.get(name);
    facts.set(name, shape ? { ...fact, shape } : fact);
  }
  const nodes: Node[] = [];
  let carried = 0;
  const visit = (node: Node): void => {
    if (carried > maxCarriedElements) return;
    const branch = takenBranch(node, facts.get(node.inputs[0] ?? ""));
    if (branch) {
      for (const [name, constant] of branch.constants) {
        constants.set(name, constant);
        facts.set(name, factOf(constant));
      }
      branch.nodes.forEach(visit);
    } else if (inferNode(node, registry, graph, facts)) {
      nodes.push(node);
      for (const name of node.outputs) carried += facts.get(name)?.elements?.length ?? 0;
    }
  };
  graph.nodes.forEach(visit);
  const outputs = graph.outputs.map(({ name, fact }) => ({ name, fact: facts.get(name) ?? fact }));
  return { ...graph, outputs, nodes, constants, facts };
}

/** Adds the facts of a node's outputs. @returns false if they cannot be inferred */
function inferNode(
  node: Node,
  registry: Registry,
  graph: Graph,
  facts: Map<string, Fact>,
): boolean {
  if (!registry.get(node.op, node.domain)) return false;
  const known = node.inputs.map((name) => (name === "" ? undefined : facts.get(name)));
  if (node.inputs.some((name, i) => name !== "" && !known[i])) return false;
  try {
    const inferred = registry.infer(node, known, graph.opsets);
    if (node.outputs.some((name, i) => name !== "" && !inferred[i])) return false;
    node.outputs.forEach((name, i) => {
      if (name !== "") facts.set(name, inferred[i]!);
    });
    return true;
  } catch (error) {
    if (error instanceof FullgradError) return false;
    throw error;
  }
}
