import type { Graph, Node } from "../../src/onnx/ir.js";
import { workingOpset } from "../../src/passes/uplift.js";

/** The newest operator set that was compared with 18 for the table below (onnx 1.23). */
const newestCompared = 28;

/** Operators that 18 does not have, or that mean something else in it. All others only took more element types. */
const changed: ReadonlySet<string> = new Set([
  ...["Gelu", "AffineGrid", "DeformConv", "CumProd", "BitCast", "Swish", "SwiGLU", "Attention"],
  ...["RMSNormalization", "RotaryEmbedding", "TensorScatter", "LinearAttention"],
  ...["CausalConvWithState", "ImageDecoder", "StringSplit", "StringConcat", "RegexFullMatch"],
  ...["GroupNormalization", "GridSample", "DFT", "QuantizeLinear", "DequantizeLinear", "CastLike"],
]);

/** Settings of operators that 18 does not have; where they are absent, the operator is the same. */
const newSettings: Readonly<Record<string, (node: Node) => boolean>> = {
  Cast: (n) => Object.keys(n.attributes).some((name) => name !== "to"),
  // Before 19 the divisor of a window that reaches beyond the end was not written down.
  AveragePool: (n) => "dilations" in n.attributes || word(n, "ceil_mode") === "1",
  Pad: (n) => word(n, "mode") === "wrap",
  Range: (n) => "stash_type" in n.attributes,
  Resize: (n) => word(n, "coordinate_transformation_mode") === "half_pixel_symmetric",
  SpaceToDepth: (n) => "mode" in n.attributes,
};

const word = (n: Node, attribute: string): string => {
  const a = n.attributes[attribute];
  return a?.type === "string" || a?.type === "int" ? String(a.value) : "";
};

/**
 * The graph as one of operator set 18 (and so of IR version 8), where every node means the same in it: more engines
 * read that. Otherwise the graph itself.
 */
export function lowerOpset<G extends Graph>(graph: G): G {
  const opset = graph.opsets.get("") ?? 0;
  if (opset <= workingOpset || opset > newestCompared) return graph;
  const needsMore = graph.nodes.some(
    (n) => n.domain === "" && (changed.has(n.op) || (newSettings[n.op]?.(n) ?? false)),
  );
  const hasBodies = graph.nodes.some((n) =>
    Object.values(n.attributes).some((a) => a.type === "graph"),
  );
  if (needsMore || hasBodies) return graph;
  return { ...graph, opsets: new Map(graph.opsets).set("", workingOpset) };
}
