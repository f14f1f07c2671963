import type { Graph, Node } from "../../src/onnx/ir.js";
import { workingOpset } from "../../src/passes/uplift.js";

/** The newest operator set compared with 18 for the table below (onnx 1.23). */
const newestCompared = 28;

/** Operators that are missing or different in 18. All others have only gained element types since. */
const changed: ReadonlySet<string> = new Set([
  ...["Gelu", "AffineGrid", "DeformConv", "CumProd", "BitCast", "Swish", "SwiGLU", "Attention"],
  ...["RMSNormalization", "RotaryEmbedding", "TensorScatter", "LinearAttention"],
  ...["CausalConvWithState", "ImageDecoder", "StringSplit", "StringConcat", "RegexFullMatch"],
  ...["GroupNormalization", "GridSample", "DFT", "QuantizeLinear", "DequantizeLinear", "CastLike"],
]);

/** Attributes missing in 18; without them the operator is unchanged. */
const newSettings: Readonly<Record<string, (node: Node) => boolean>> = {
  Cast: (n) => Object.keys(n.attributes).some((name) => name !== "to"),
  // Before 19 the divisor of a window beyond the end was unspecified.
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
 * The graph with operator set 18 (and so IR version 8), which more engines read, if every node has the same meaning
 * there; otherwise the unchanged graph.
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
