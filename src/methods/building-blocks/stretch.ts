/** The part of a resized array to compute: its start on each axis, and its extents. */
export interface Cut {
  readonly start: readonly number[];
  readonly size: readonly number[];
}

/**
 * Linear resizing of numbers [from…] to [to…], with half-pixel centres and without antialiasing, one axis after
 * another: used to upsample a small mask to an image.
 *
 * @param cut the part of [to…] to compute; by default all of it
 */
export function stretch(
  values: ArrayLike<number>,
  from: readonly number[],
  to: readonly number[],
  cut: Cut = { start: to.map(() => 0), size: to },
): Float64Array {
  let result = Float64Array.from(values);
  const dims = [...from];
  for (const [axis, extent] of to.entries()) {
    const points = linearPoints(dims[axis]!, extent, cut.start[axis]!, cut.size[axis]!);
    result = alongAxis(result, dims, axis, points);
    dims[axis] = cut.size[axis]!;
  }
  return result;
}

/** The two elements around each point, and the point's distance from the lower one. */
interface Points {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Float64Array;
}

/** Points start … start + size − 1 of `to` points spread evenly over `from` elements. */
function linearPoints(from: number, to: number, start: number, size: number): Points {
  const [low, high, share] = [new Int32Array(size), new Int32Array(size), new Float64Array(size)];
  for (let j = 0; j < size; j++) {
    const at = Math.min(Math.max(((start + j + 0.5) * from) / to - 0.5, 0), from - 1);
    low[j] = Math.floor(at);
    high[j] = Math.min(low[j]! + 1, from - 1);
    share[j] = at - low[j]!;
  }
  return { low, high, share };
}

function alongAxis(
  values: Float64Array,
  dims: readonly number[],
  axis: number,
  { low, high, share }: Points,
): Float64Array<ArrayBuffer> {
  const from = dims[axis]!;
  const inner = dims.slice(axis + 1).reduce((p, d) => p * d, 1);
  const outer = dims.slice(0, axis).reduce((p, d) => p * d, 1);
  const result = new Float64Array(outer * share.length * inner);
  let target = 0;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < share.length; j++) {
      const below = (o * from + low[j]!) * inner;
      const above = (o * from + high[j]!) * inner;
      const part = share[j]!;
      for (let i = 0; i < inner; i++) {
        result[target++] = values[below + i]! * (1 - part) + values[above + i]! * part;
      }
    }
  }
  return result;
}
