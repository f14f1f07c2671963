import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { sizeOf } from "../../tensor/shape.js";
import { float32, toNumbers, type Tensor } from "../../tensor/tensor.js";

/**
 * Emits the map [N,1,…spatial] of an attribution [N,C,…spatial]: Σ_c a_c for a signed method, Σ_c |a_c| for an
 * unsigned one.
 */
export function emitAttributionMap(b: GraphBuilder, attribution: Value, signed: boolean): Value {
  const at = b.within("map");
  return at.sum(signed ? attribution : at.op("Abs", [attribution]), [1], true, "channels");
}

/** The same, computed on a tensor. */
export function attributionMap(attribution: Tensor, signed: boolean): Tensor {
  const [count = 1, channels = 1, ...positions] = attribution.dims;
  const [values, area] = [toNumbers(attribution), sizeOf(positions)];
  const map = new Float64Array(count * area);
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < area; p++) {
        const a = values[(n * channels + c) * area + p]!;
        map[n * area + p]! += signed ? a : Math.abs(a);
      }
    }
  }
  return float32([count, 1, ...positions], map);
}
