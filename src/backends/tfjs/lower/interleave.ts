import { sizeOf } from "../../../tensor/shape.js";
import { channelsLast } from "../layout.js";
import { concat, pad } from "./movement-words.js";
import type { Operand } from "./program-writer.js";
import type { Words } from "./words.js";

/** Phases put side by side: element p of each stride comes from phase p. Phases that no tap reaches are zeros. */
export function interleave(
  w: Words,
  parts: readonly (Operand | undefined)[],
  strides: readonly number[],
  dims: readonly number[],
): Operand {
  const full = dims.map((d, i) => d * (strides[i - 2] ?? 1));
  const present = parts.filter((p) => p !== undefined);
  if (present.length === 0) {
    return w.arrange(w.fill(full, 0), channelsLast(full.length));
  }
  if (sizeOf(strides) === 1) return present[0]!;
  if (present.length === 1 && parts[0]) {
    // Only the first phase is there (a kernel no longer than its stride): zeros after each element.
    const apart = dims.flatMap((d, i) => (i < 2 ? [d] : [d, 1]));
    const ends = dims.flatMap((_, i) => (i < 2 ? [0] : [0, strides[i - 2]! - 1]));
    const none = ends.map(() => 0);
    return w.reshape(pad(w, w.reshape(parts[0], apart), none, ends), full);
  }
  const layout = channelsLast(dims.length);
  const filled = parts.map((p) => p ?? w.arrange(w.fill(dims, 0), layout));
  // [phases·N, C, …] to [N, C, …, stride, …]
  const stacked = concat(
    w,
    filled.map((p) => w.reshape(p, [1, ...p.dims])),
    0,
  );
  const split = w.reshape(stacked, [...strides, ...dims]);
  const s = strides.length;
  const perm = [s, s + 1, ...strides.flatMap((_, i) => [s + 2 + i, i])];
  const order = strides.flatMap((_, i) => [2 + 2 * i, 3 + 2 * i]);
  const apart = w.arrange(w.transpose(split, perm), [0, ...order, 1]);
  return w.reshape(apart, full);
}
