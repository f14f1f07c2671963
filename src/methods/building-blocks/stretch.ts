/**
 * Linear resizing of numbers [from…] to [to…], pixel centres kept (half-pixel, without antialiasing), one axis after
 * another: how a small mask is laid over an image.
 */
export function stretch(
  values: ArrayLike<number>,
  from: readonly number[],
  to: readonly number[],
): Float64Array {
  let result = Float64Array.from(values);
  const dims = [...from];
  for (const [axis, extent] of to.entries()) {
    result = alongAxis(result, dims, axis, extent);
    dims[axis] = extent;
  }
  return result;
}

function alongAxis(
  values: Float64Array,
  dims: readonly number[],
  axis: number,
  to: number,
): Float64Array<ArrayBuffer> {
  const from = dims[axis]!;
  const inner = dims.slice(axis + 1).reduce((p, d) => p * d, 1);
  const outer = dims.slice(0, axis).reduce((p, d) => p * d, 1);
  const result = new Float64Array(outer * to * inner);
  for (let j = 0; j < to; j++) {
    const at = Math.min(Math.max(((j + 0.5) * from) / to - 0.5, 0), from - 1);
    const below = Math.floor(at);
    const above = Math.min(below + 1, from - 1);
    const part = at - below;
    for (let o = 0; o < outer; o++) {
      const [low, high] = [(o * from + below) * inner, (o * from + above) * inner];
      const target = (o * to + j) * inner;
      for (let i = 0; i < inner; i++) {
        result[target + i] = values[low + i]! * (1 - part) + values[high + i]! * part;
      }
    }
  }
  return result;
}
