import { sizeOf } from "../../../tensor/shape.js";
import { channelsLast } from "../layout.js";
import { concat, pad } from "./movement-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** Interleaves phases: element p of each stride comes from phase p. Phases without taps are zero. */
export function interleave(
  w: TfOpBuilder,
  parts: readonly (Operand | undefined)[],
  strides: readonly number[],
  dims: readonly number[],
): Operand {
  const full = dims.map((d, i) => d * (strides[i - 2] ?? 1));
  const present = parts.filter((p) => p !== undefined);
  if (present.length === 0) {
    return w.fill(full, 0, "float32", channelsLast(full.length));
  }
  if (sizeOf(strides) === 1) return present[0]!;
  if (present.length === 1 && parts[0]) {
    // Only the first phase exists (the kernel is no longer than the stride): insert zeros after each element.
    const apart = dims.flatMap((d, i) => (i < 2 ? [d] : [d, 1]));
    const ends = dims.flatMap((_, i) => (i < 2 ? [0] : [0, strides[i - 2]! - 1]));
    const none = ends.map(() => 0);
    return w.reshape(pad(w, w.reshape(parts[0], apart), none, ends), full);
  }
  const layout = channelsLast(dims.length);
  const filled = parts.map((p) => p ?? w.fill(dims, 0, "float32", layout));
  // Stack phases as channels, [N, phases·C, …], then move each phase axis behind its spatial axis: [N, C, …, stride,
  // …].
  const stacked = concat(w, filled, 1);
  const [samples, channels, ...counts] = dims as [number, number, ...number[]];
  const split = w.reshape(stacked, [samples, ...strides, channels, ...counts]);
  const s = strides.length;
  const perm = [0, s + 1, ...strides.flatMap((_, i) => [s + 2 + i, i + 1])];
  const apart = w.transpose(split, perm);
  return w.reshape(w.arrange(apart, channelsLast(apart.dims.length)), full);
}
