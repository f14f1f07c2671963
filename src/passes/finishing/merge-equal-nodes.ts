import type { Attribute, Node, TypedGraph } from "../../onnx/ir.js";
import { prune } from "../../onnx/prune.js";
import type { Registry } from "../../ops/core/registry.js";
import { bytesOf } from "../../tensor/tensor.js";
import { Aliases } from "./aliases.js";

/**
 * Common subexpression elimination: of several nodes with the same operator, inputs and attributes, the first stays. The
 * gradient and the bias of a node are emitted independently and often begin alike; fewer nodes compile faster. Nodes
 * that draw random numbers stay.
 */
export function mergeEqualNodes(graph: TypedGraph, registry: Registry): TypedGraph {
  const aliases = new Aliases(graph);
  const known = new Map<string, readonly string[]>();
  const nodes = graph.nodes.map((original) => {
    const node = aliases.apply(original);
    const isRandom = registry.get(node.op, node.domain)?.draws;
    if (isRandom || node.outputs.some((name) => aliases.isFixed(name))) return node;
    const key = keyOf(node);
    const first = key === undefined ? undefined : known.get(key);
    if (first) for (const [i, name] of node.outputs.entries()) aliases.set(name, first[i]!);
    else if (key !== undefined) known.set(key, node.outputs);
    return node;
  });
  return aliases.size === 0 ? graph : prune({ ...graph, nodes });
}

/** Equal for nodes that compute the same values; undefined for nodes with subgraphs. */
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
