import {
  FullgradError,
  ShapeError,
  UnsupportedModelError,
  type UnsupportedNode,
} from "../errors.js";
import { factOf } from "../onnx/facts.js";
import type { Fact, Graph, Node, Port, TypedGraph } from "../onnx/ir.js";
import type { Registry } from "../ops/core/registry.js";
import type { Shape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import {
  isControlFlow,
  maxUnrolledNodes,
  resolveControlFlow,
  type Surroundings,
} from "./control-flow/resolve-control-flow.js";

/**
 * Limit on the elements of shape arithmetic in a whole model. A node of thirty bytes can have thousands; the index
 * arithmetic of the largest window transformers has about a million.
 */
export const maxCarriedElements = 2 ** 22;

/**
 * Infers dtype, shape (with symbols for open extents) and shape-arithmetic elements for every value. Declared shapes
 * of outputs and intermediate values are ignored and recomputed. An If with a known condition is replaced by the
 * branch taken, a Loop or Scan with a known number of iterations by as many copies of its body.
 *
 * @param sizes input shapes by name, which override the declared shapes
 * @throws {UnsupportedModelError} listing every node without a record
 * @throws {ShapeError} naming the node that violates its operator's definition
 */
export function inferShapes(
  graph: Graph,
  registry: Registry,
  sizes: InputShapes = new Map(),
): TypedGraph {
  return infer(graph, registry, sizes, (nodes, inferNode) => {
    checkSupported(nodes, registry, graph);
    nodes.forEach(inferNode);
  });
}

/**
 * Infers as much as possible of a graph with unsupported parts: keeps the nodes that can be reached from inputs and
 * constants through supported operators, and the facts of their values. `refused` lists the other nodes that lack a
 * record or a known condition, with the reason.
 *
 * @param sizes input shapes by name, which override the declared shapes
 */
export function inferKnown(
  graph: Graph,
  registry: Registry,
  sizes: InputShapes = new Map(),
): KnownGraph {
  const refused: UnsupportedNode[] = [];
  const known = infer(graph, registry, sizes, (nodes, inferNode) => {
    for (const node of nodes) {
      if (!isControlFlow(node)) refused.push(...registry.holes([node], graph.opsets));
      try {
        inferNode(node);
      } catch (error) {
        if (!(error instanceof FullgradError)) throw error;
        if (error instanceof UnsupportedModelError) refused.push(...error.holes);
      }
    }
  });
  return { ...known, refused };
}

/** The supported part of a graph, and the reasons for leaving out the rest. */
export interface KnownGraph extends TypedGraph {
  readonly refused: readonly UnsupportedNode[];
}

type InputShapes = ReadonlyMap<string, Shape>;

/** @param visit visits nodes in order; branches and bodies are visited at the position of their node */
function infer(
  graph: Graph,
  registry: Registry,
  sizes: InputShapes,
  visit: (nodes: readonly Node[], inferNode: (node: Node) => void) => void,
): TypedGraph {
  const facts = new Map<string, Fact>();
  const constants = new Map<string, Tensor>();
  const addConstants = (added: ReadonlyMap<string, Tensor>): void => {
    for (const [name, constant] of added) {
      constants.set(name, constant);
      facts.set(name, factOf(constant));
    }
  };
  addConstants(graph.constants);
  const inputs = graph.inputs.map(({ name, fact }) => {
    const shape = sizes.get(name);
    return { name, fact: shape ? { ...fact, shape } : fact };
  });
  for (const { name, fact } of inputs) facts.set(name, fact);

  const nodes: Node[] = [];
  let room = maxCarriedElements;
  let unrolled = maxUnrolledNodes;
  const around: Surroundings = {
    opset: graph.opsets.get("") ?? 0,
    fact: (name) => facts.get(name),
    add: ({ nodes: added, constants: fresh }) => {
      addConstants(fresh);
      visit(added, inferNode);
    },
    made: (count) => (unrolled -= count),
    sources: (name) => sourcesOf(name, nodes, graph),
  };
  const inferNode = (node: Node): void => {
    if (isControlFlow(node)) {
      resolveControlFlow(node, around);
      return;
    }
    if (room >= 0) {
      for (const [name, fact] of factsOf(node, registry, graph, facts)) {
        facts.set(name, fact);
        room -= fact.elements?.length ?? 0;
      }
      nodes.push(node);
    }
    if (room < 0) {
      throw new ShapeError(
        `${node.op} (node "${node.name}"): the model's shape arithmetic exceeds ${maxCarriedElements} elements`,
      );
    }
  };
  visit(graph.nodes, inferNode);
  const outputs = graph.outputs.map(({ name, fact }) => ({ name, fact: facts.get(name) ?? fact }));
  return { ...graph, inputs, outputs, nodes, constants, facts };
}

function checkSupported(nodes: readonly Node[], registry: Registry, graph: Graph): void {
  const certain = nodes.filter((n) => !isControlFlow(n));
  const holes = registry.holes(certain, graph.opsets);
  if (holes.length > 0) throw new UnsupportedModelError(holes);
}

/** The graph inputs that a value depends on. */
function sourcesOf(name: string, nodes: readonly Node[], graph: Graph): readonly Port[] {
  const wanted = new Set([name]);
  for (const node of nodes.toReversed()) {
    if (node.outputs.some((output) => wanted.has(output)))
      for (const i of node.inputs) wanted.add(i);
  }
  return graph.inputs.filter((input) => wanted.has(input.name));
}

/** Facts of a node's outputs, by name. */
function factsOf(
  node: Node,
  registry: Registry,
  graph: Graph,
  facts: ReadonlyMap<string, Fact>,
): readonly (readonly [string, Fact])[] {
  const { op, name: at } = node;
  const unknown = node.inputs.find((name) => name !== "" && !facts.has(name));
  if (unknown !== undefined) {
    throw new ShapeError(`${op} (node "${at}") reads "${unknown}", which no node computes`);
  }
  const known = node.inputs.map((name) => facts.get(name));
  const inferred = registry.infer(node, known, graph.opsets);
  return node.outputs.flatMap((name, i) => {
    const fact = inferred[i];
    if (name === "") return [];
    if (!fact) throw new ShapeError(`${op} (node "${at}") has no output ${i}`);
    // The importer rejects duplicate names, except those that branch inlining introduces here.
    if (facts.has(name)) {
      throw new ShapeError(`${op} (node "${at}") writes "${name}" a second time`);
    }
    return [[name, fact] as const];
  });
}
