import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";

const largest = 3.4028234663852886e38;

/**
 * Clamps infinities: attention masks add −∞ where the gradient is 0, and the term there must be 0, not 0·∞ = NaN.
 * Values known to be finite are returned unchanged.
 */
export function finite(b: GraphBuilder, v: Value): Value {
  if (v.fact.elements?.every((e) => typeof e === "number" && Number.isFinite(e))) return v;
  return b.op("Clip", [v, b.scalar(-largest, v), b.scalar(largest, v)], {}, "finite");
}
