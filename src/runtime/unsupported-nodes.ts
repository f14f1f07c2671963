import type { UnsupportedNode } from "../errors.js";
import type { Graph, Node } from "../onnx/ir.js";

/**
 * Reports unsupported nodes as in the model's file: the rules work on a newer operator set, in which a node may have
 * another operator, or be replaced by several nodes whose names begin with its own.
 */
export function inFile(
  holes: readonly UnsupportedNode[],
  model: Graph,
): readonly UnsupportedNode[] {
  const nodes = new Map(model.nodes.map((node) => [node.name, node] as const));
  const named = holes.map((hole): UnsupportedNode => {
    const node = nodeOf(hole.node, nodes);
    if (!node) return { ...hole, opset: opsetOf(model, domainOf(hole.op)) ?? hole.opset };
    const { name, op, domain } = node;
    const opset = opsetOf(model, domain) ?? hole.opset;
    return { ...hole, node: name, op: domain === "" ? op : `${domain}:${op}`, opset };
  });
  const keys = named.map(({ node, reason }) => `${node}\n${reason}`);
  return named.filter((_, i) => keys.indexOf(keys[i]!) === i);
}

/** The file's node that a node comes from: the one with this name, or with the longest prefix of it. */
function nodeOf(name: string, nodes: ReadonlyMap<string, Node>): Node | undefined {
  for (let end = name.length; end > 0; end = name.lastIndexOf("/", end - 1)) {
    const node = nodes.get(name.slice(0, end));
    if (node) return node;
  }
  return undefined;
}

const opsetOf = (model: Graph, domain: string): number | undefined => model.opsets.get(domain);

const domainOf = (op: string): string => (op.includes(":") ? op.slice(0, op.indexOf(":")) : "");
