import { GraphBuilder } from "../../onnx/builder.js";
import type { Node, TypedGraph, Value } from "../../onnx/ir.js";
import { prune } from "../../onnx/prune.js";
import type { Registry } from "../../ops/core/registry.js";

/** Emits one value for each output of a node, or undefined where the node stays. */
type Build = (b: GraphBuilder, node: Node) => readonly (Value | undefined)[] | undefined;

/**
 * The graph with nodes replaced by the nodes that `build` emits for them, each in its place. An Identity named as the
 * replaced node gives every output its old name. Names of added nodes begin with the node's: "attention/scores".
 *
 * @param build may also emit nodes beside a node that stays; pruned unless a later replacement reads them
 */
export function replaceNodes(graph: TypedGraph, registry: Registry, build: Build): TypedGraph {
  const b = GraphBuilder.on(graph, registry.infer);
  const made: { name: string; value: Value }[] = [];
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const before = b.nodes.length;
    const values = build(b.within(node.name), node);
    const added = b.nodes.slice(before);
    const emitted = added.flatMap(({ outputs }) => outputs.map((name) => b.value(name)));
    for (const value of emitted) made.push({ name: value.name, value });
    for (const value of values ?? []) if (value) made.push({ name: value.name, value });
    if (!values) return added.toSpliced(firstReader(added, node), 0, node);
    return [...added, ...node.outputs.flatMap((_, i) => renamed(node, i, values[i]))];
  });
  if (nodes.every((node, i) => node === graph.nodes[i])) return graph;
  const outputs = graph.outputs.map(({ name, fact }) => ({ name, value: { name, fact } }));
  const built = b.build([...outputs, ...made]);
  const facts = new Map([...built.facts, ...graph.facts]);
  return prune({ ...built, outputs: graph.outputs, nodes, facts });
}

/** The index of the first of these nodes that reads an output of another one; their number if none does. */
function firstReader(nodes: readonly Node[], { outputs }: Node): number {
  const index = nodes.findIndex(({ inputs }) => inputs.some((name) => outputs.includes(name)));
  return index < 0 ? nodes.length : index;
}

function renamed(node: Node, i: number, value: Value | undefined): Node[] {
  const output = node.outputs[i]!;
  if (output === "" || !value) return [];
  const name = i === 0 ? node.name : `${node.name}.${i}`;
  return [
    { name, op: "Identity", domain: "", inputs: [value.name], outputs: [output], attributes: {} },
  ];
}
