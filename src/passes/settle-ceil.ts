import { int, ints, text } from "../onnx/attribute.js";
import type { Node, TypedGraph } from "../onnx/ir.js";
import { poolAxes, type PoolAttrs } from "../ops/layers/pooling.js";
import type { NodeView } from "../ops/core/node-view.js";
import type { Registry } from "../ops/core/registry.js";
import { skipsLast, span } from "../ops/layers/window.js";

const pools: ReadonlySet<string> = new Set(["AveragePool", "MaxPool", "LpPool"]);

/**
 * Rewrites ceil-mode pools without the last window that PyTorch skips because it would start in the padding. ONNX
 * Runtime's kernels skip that window too, but its shape inference counts it, so downstream nodes are planned for a
 * shape that never occurs. The remaining windows fit into the padded input and are expressed in floor mode, with the
 * end pads cut if necessary.
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
  // A stride larger than the kernel may need negative pads, which no back end supports; leave the node unchanged.
  if (hangs && ends.some((end) => end < 0)) return node;
  const pads = ints([...axes.map(({ axis }) => axis.begin), ...ends]);
  const changed = hangs ? { auto_pad: text("NOTSET"), pads } : { ceil_mode: int(0) };
  return { ...node, attributes: { ...node.attributes, ...changed } };
}
