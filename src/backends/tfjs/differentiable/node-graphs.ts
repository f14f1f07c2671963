import { flowing } from "../../../autodiff/differentiate.js";
import { unbroadcast } from "../../../autodiff/unbroadcast.js";
import { GraphBuilder } from "../../../onnx/builder.js";
import type { Fact, Node, Port, TypedGraph, Value } from "../../../onnx/ir.js";
import { prune } from "../../../onnx/prune.js";
import { registry } from "../../../ops/all.js";

/** Extracts one node as a separate graph, with the values that it reads from other nodes as inputs. */
export function graphOfNode(graph: TypedGraph, node: Node): TypedGraph {
  const ports = (names: readonly string[]): Port[] =>
    [...new Set(names)].flatMap((name) =>
      name === "" || graph.constants.has(name) ? [] : [{ name, fact: graph.facts.get(name)! }],
    );
  const names = [...node.inputs, ...node.outputs].filter((name) => name !== "");
  return {
    ...graph,
    inputs: ports(node.inputs),
    outputs: ports(node.outputs),
    nodes: [node],
    constants: new Map([...graph.constants].filter(([name]) => names.includes(name))),
    facts: new Map(names.map((name) => [name, graph.facts.get(name)!])),
  };
}

/** The vector-Jacobian product of a node for one of its outputs. */
export interface NodeGradient {
  /** Its inputs: the node's inputs and outputs that the rule reads, and the cotangent `dy`. */
  readonly graph: TypedGraph;
  readonly dy: string;
  /** The output with the gradient of each wanted input; absent if no gradient flows there. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * The gradient of one output of a node with respect to some of its inputs, by the operator's record.
 *
 * @param wanted names of inputs
 */
export function gradientOfNode(
  graph: TypedGraph,
  node: Node,
  output: string,
  wanted: readonly string[],
): NodeGradient | undefined {
  const { vjp } = registry.of(node);
  if (typeof vjp === "string") return undefined;
  const alone = graphOfNode(graph, node);
  const given = [...alone.inputs, ...alone.outputs];
  const b = GraphBuilder.on({ ...alone, inputs: given, outputs: [], nodes: [] }, registry.infer);
  const dy = b.input(`d/${output}`, factOfGradient(graph.facts.get(output)!));
  const view = registry.view(graph, node, (name) => wanted.includes(name));
  const arrived = node.outputs.map((name) => (name === output ? dy : undefined));
  const at = b.within(node.name);
  const parts = new Map<string, Value[]>();
  flowing(view, vjp(at, view, arrived)).forEach(([i, cotangent]) => {
    const x = view.x(i);
    const gradient = unbroadcast(at, cotangent(), x.fact.shape);
    parts.set(x.name, [...(parts.get(x.name) ?? []), gradient]);
  });
  const sums = [...parts].map(
    ([name, list]) => [name, list.reduce((p, q) => at.add(p, q))] as const,
  );
  const built = prune(b.build(sums.map(([name, value]) => ({ name: `d/${name}`, value }))));
  const read = new Set([
    ...built.nodes.flatMap((n) => n.inputs),
    ...built.outputs.map((o) => o.name),
  ]);
  return {
    graph: { ...built, inputs: built.inputs.filter((i) => read.has(i.name)) },
    dy: dy.name,
    gradients: new Map(sums.map(([name], i) => [name, built.outputs[i]!.name])),
  };
}

const factOfGradient = ({ dtype, shape }: Fact): Fact => ({ dtype, shape });
