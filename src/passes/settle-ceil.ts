import { int, ints, text } from "../onnx/attribute.js";
import type { Node, TypedGraph } from "../onnx/ir.js";
import { poolAxes, type PoolAttrs } from "../ops/layers/pooling.js";
import type { NodeView } from "../ops/core/node-view.js";
import type { Registry } from "../ops/core/registry.js";
import { skipsLast, span } from "../ops/layers/window.js";

const pools: ReadonlySet<string> = new Set(["AveragePool", "MaxPool", "LpPool"]);

/**
 * Pools in ceil mode without the last window that PyTorch skips because it would begin in the padding. ONNX Runtime's
 * kernels skip it too, but its shape inference counts it, and what follows is then laid out for a shape that never
 * comes. The windows that remain fit into the padded input: floor mode has them all, or pads cut to where they end.
 */
export function settleCeil(graph: TypedGraph, registry: Registry): TypedGraph {
  const nodes = graph.nodes.map((node) => {
    if (!pools.has(node.op) || node.domain !== "") return node;
    return settled(node, registry.view(graph, node, () => false) as NodeView<PoolAttrs>);
  });
  return nodes.every((node, i) => node === graph.nodes[i]) ? graph : { ...graph, nodes };
}

function settled(node: Node, n: NodeView<PoolAttrs>): Node {
  const extents = n.shape().slice(2);
  if (!n.attrs.ceil || !extents.every((d) => typeof d === "number")) return node;
  const axes = poolAxes(n).map((axis, i) => {
    const rest = (extents[i]! + axis.begin + axis.end - span(axis)) % axis.stride;
    return { axis, rest, skips: skipsLast(axis, extents[i]!) };
  });
  if (!axes.some(({ skips }) => skips)) return node;
  const hangs = axes.some(({ rest, skips }) => rest > 0 && !skips);
  const ends = axes.map(({ axis, rest, skips }) => axis.end - (skips ? rest : 0));
  // No engine has pads below 0: where a stride beyond the kernel asks for them, the node stays.
  if (hangs && ends.some((end) => end < 0)) return node;
  const pads = ints([...axes.map(({ axis }) => axis.begin), ...ends]);
  const changed = hangs ? { auto_pad: text("NOTSET"), pads } : { ceil_mode: int(0) };
  return { ...node, attributes: { ...node.attributes, ...changed } };
}
