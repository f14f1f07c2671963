import { sizeOf } from "../../tensor/shape.js";

/** A box in an array, as runs of consecutive elements. */
export interface Box {
  /** The index of the first element of each run. */
  readonly starts: Uint32Array;
  /** Number of elements of a run. */
  readonly length: number;
}

/**
 * The elements of a box in an array.
 *
 * @param dims extents of the array
 * @param start first index of the box on each axis
 * @param size extents of the box, which must lie within the array
 */
export function boxIn(
  dims: readonly number[],
  start: readonly number[],
  size: readonly number[],
): Box {
  const last = dims.length - 1;
  const starts = new Uint32Array(size.includes(0) ? 0 : sizeOf(size.slice(0, last)));
  // Axis by axis: replace each index by one index per step of the box along this axis.
  let count = 1;
  for (const [axis, extent] of dims.entries()) {
    const length = axis === last ? 1 : size[axis]!;
    for (let i = count - 1; i >= 0; i--) {
      const first = starts[i]! * extent + start[axis]!;
      for (let k = length - 1; k >= 0; k--) starts[i * length + k] = first + k;
    }
    count *= length;
  }
  return { starts, length: size[last]! };
}
