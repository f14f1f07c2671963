import type { Extent } from "./subject.js";

/** `from` with the given pixels, in all channels, as they are in `other`. */
export function replacePixels(
  from: Float32Array,
  other: Float32Array,
  pixels: Uint32Array,
  { channels, pixels: size }: Extent,
): Float32Array {
  const result = from.slice();
  for (let c = 0; c < channels; c++) {
    const plane = c * size;
    for (const pixel of pixels) result[plane + pixel] = other[plane + pixel]!;
  }
  return result;
}
