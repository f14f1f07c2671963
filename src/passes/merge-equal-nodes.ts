import type { Attribute, Node, TypedGraph } from "../onnx/ir.js";
import { outerNames, prune } from "../onnx/prune.js";
import { bytesOf } from "../tensor/tensor.js";

/**
 * The same graph with one node in the place of all that compute the same: the gradient and the bias of a node are
 * written without regard to each other, and often begin alike. Fewer nodes are compiled sooner.
 */
export function mergeEqualNodes(graph: TypedGraph): TypedGraph {
  const kept = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) for (const name of outerNames(node)) kept.add(name);
  const known = new Map<string, readonly string[]>();
  /** What is read in the place of a value. */
  const aliases = new Map<string, string>();
  const nodes = graph.nodes.map((original) => {
    const inputs = original.inputs.map((name) => aliases.get(name) ?? name);
    const node = { ...original, inputs };
    if (random.has(node.op) || node.outputs.some((name) => kept.has(name))) return node;
    const key = keyOf(node);
    const first = key === undefined ? undefined : known.get(key);
    if (first) node.outputs.forEach((name, i) => aliases.set(name, first[i]!));
    else if (key !== undefined) known.set(key, node.outputs);
    return node;
  });
  return aliases.size === 0 ? graph : prune({ ...graph, nodes });
}

/** What computes something else each time. */
const random: ReadonlySet<string> = new Set([
  ...["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"],
  ...["Bernoulli", "Multinomial", "Dropout"],
]);

/** A word that nodes have in common which compute the same; undefined for nodes with graphs inside. */
function keyOf({ op, domain, inputs, outputs, attributes }: Node): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.some((name) => attributes[name]!.type === "graph")) return undefined;
  const given = names.map((name) => [name, plain(attributes[name]!)]);
  return JSON.stringify([op, domain, inputs, outputs.map((name) => name !== ""), given]);
}

function plain({ type, value }: Attribute): unknown {
  if (type !== "tensor") return [type, value];
  const { dtype, dims } = value;
  return [type, dtype, dims, dtype === "string" ? value.data : Array.from(bytesOf(value))];
}
