import { ModelFormatError } from "../errors.js";
import type { Attribute, Fact, Graph, Node } from "../onnx/ir.js";
import type { Tensor } from "../tensor/tensor.js";

/** The nodes and constants that replace a node. */
export interface Replacement {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
}

type Rename = (name: string) => string;

/**
 * Inlines the branch taken by an If with a known condition. Exporters emit such an If around a Squeeze or a Pad even
 * when the condition is static. Values of the branch are prefixed with the node's name.
 *
 * @returns undefined if the node is not an If, or its condition is unknown
 */
export function takenBranch(node: Node, condition: Fact | undefined): Replacement | undefined {
  const known = condition?.elements?.[0];
  if (node.op !== "If" || node.domain !== "" || typeof known !== "number") return undefined;
  const branch = node.attributes[known === 0 ? "else_branch" : "then_branch"];
  return branch?.type === "graph" ? inline(node, branch.value) : undefined;
}

function inline(node: Node, body: Graph): Replacement {
  if (body.outputs.length !== node.outputs.length) {
    throw new ModelFormatError(
      `If (node "${node.name}") has ${node.outputs.length} outputs, its branch has ${body.outputs.length}`,
    );
  }
  const made = new Set([...body.constants.keys(), ...body.nodes.flatMap((n) => n.outputs)]);
  const rename: Rename = (name) => (name !== "" && made.has(name) ? `${node.name}/${name}` : name);
  const nodes = body.nodes.map((n) => ({
    ...renameReads(n, rename),
    name: `${node.name}/${n.name}`,
    outputs: n.outputs.map(rename),
  }));
  // The branch's results take the names of the If's outputs.
  const results = node.outputs.map((output, i) => ({
    name: `${node.name}/output.${i}`,
    op: "Identity",
    domain: "",
    inputs: [rename(body.outputs[i]!.name)],
    outputs: [output],
    attributes: {},
  }));
  const constants = new Map([...body.constants].map(([name, t]) => [rename(name), t]));
  return { nodes: [...nodes, ...results], constants };
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
