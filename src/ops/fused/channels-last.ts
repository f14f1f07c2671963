import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";

/** [N,…spatial,C] as [N,C,…spatial]; unchanged unless `isLast`. */
export function channelsFirst(b: GraphBuilder, x: Value, isLast: boolean): Value {
  const rank = x.fact.shape.length;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  return isLast ? b.transpose(x, [0, rank - 1, ...spatial], "first") : x;
}

/** [N,C,…spatial] as [N,…spatial,C] if `isLast`; otherwise unchanged. */
export function channelsLast(b: GraphBuilder, x: Value, isLast: boolean): Value {
  const rank = x.fact.shape.length;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  return isLast ? b.transpose(x, [0, ...spatial, 1], "last") : x;
}
