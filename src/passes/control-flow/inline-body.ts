import type { Attribute, Graph, Node } from "../../onnx/ir.js";
import type { Tensor } from "../../tensor/tensor.js";

/** The nodes and constants that replace a node. */
export interface Replacement {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
}

/** A body that replaces its node, and the names of its outputs in the enclosing graph. */
export interface InlinedBody extends Replacement {
  readonly results: readonly string[];
}

type Rename = (name: string) => string;

/**
 * Inlines a branch or a body into the enclosing graph. Its own values are prefixed with `prefix`; names that it reads
 * from the enclosing graph stay.
 *
 * @param args values that replace the body's inputs, in order
 */
export function inlineBody(body: Graph, prefix: string, args: readonly string[] = []): InlinedBody {
  const made = new Set([...body.constants.keys(), ...body.nodes.flatMap((n) => n.outputs)]);
  const given = new Map(body.inputs.map((input, i) => [input.name, args[i]!] as const));
  const rename: Rename = (name) => {
    if (name === "") return name;
    return given.get(name) ?? (made.has(name) ? `${prefix}/${name}` : name);
  };
  const nodes = body.nodes.map((n) => ({
    ...renameReads(n, rename),
    name: `${prefix}/${n.name}`,
    outputs: n.outputs.map(rename),
  }));
  const constants = new Map([...body.constants].map(([name, t]) => [rename(name), t]));
  return { nodes, constants, results: body.outputs.map((o) => rename(o.name)) };
}

/** A node that gives a value a second name. */
export function identity(name: string, from: string, to: string): Node {
  return { name, op: "Identity", domain: "", inputs: [from], outputs: [to], attributes: {} };
}

/** A node with renamed reads: its own inputs and the outer values that its subgraphs read. */
function renameReads(node: Node, rename: Rename): Node {
  const inAttribute = (a: Attribute): Attribute =>
    a.type === "graph" ? { type: "graph", value: renameOuter(a.value, rename) } : a;
  const attributes = Object.entries(node.attributes).map(
    ([key, a]) => [key, inAttribute(a)] as const,
  );
  return { ...node, inputs: node.inputs.map(rename), attributes: Object.fromEntries(attributes) };
}

function renameOuter(body: Graph, rename: Rename): Graph {
  const own = new Set([
    ...body.inputs.map((i) => i.name),
    ...body.constants.keys(),
    ...body.nodes.flatMap((n) => n.outputs),
  ]);
  const outer: Rename = (name) => (own.has(name) ? name : rename(name));
  return {
    ...body,
    outputs: body.outputs.map((o) => ({ ...o, name: outer(o.name) })),
    nodes: body.nodes.map((n) => renameReads(n, outer)),
  };
}
