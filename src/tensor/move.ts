/**
 * Data movement over generic elements: numbers, or the symbols of shape arithmetic.
 *
 * @module
 */
import { sizeOf, stridesOf } from "./shape.js";

/** An array of elements in row-major order, with its shape. */
export interface Block<T> {
  readonly dims: readonly number[];
  readonly data: readonly T[];
}

/** Builds a block by indexing: the element at `index` is the source's element at flat position `from(index)`. */
export function pick<T>(
  source: readonly T[],
  dims: readonly number[],
  from: (index: readonly number[]) => number,
): Block<T> {
  const size = sizeOf(dims);
  const data = new Array<T>(size);
  const index = new Array<number>(dims.length).fill(0);
  for (let at = 0; at < size; at++) {
    data[at] = source[from(index)]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < dims[axis]!) break;
      index[axis] = 0;
    }
  }
  return { dims, data };
}

export function transpose<T>(block: Block<T>, perm: readonly number[]): Block<T> {
  const strides = stridesOf(block.dims);
  const dims = perm.map((p) => block.dims[p]!);
  return pick(block.data, dims, (index) =>
    index.reduce((at, i, axis) => at + i * strides[perm[axis]!]!, 0),
  );
}

/** Broadcasts to `dims`. The block's shape must be broadcastable to `dims`; this is not checked. */
export function expand<T>(block: Block<T>, dims: readonly number[]): Block<T> {
  const strides = stridesOf(block.dims);
  const lead = dims.length - block.dims.length;
  return pick(block.data, dims, (index) =>
    block.dims.reduce(
      (at, d, axis) => at + (d === 1 ? 0 : index[axis + lead]! * strides[axis]!),
      0,
    ),
  );
}

/** Strided slice: along axis a, the `counts[a]` elements `starts[a] + i·steps[a]`. */
export function slice<T>(
  block: Block<T>,
  starts: readonly number[],
  counts: readonly number[],
  steps: readonly number[],
): Block<T> {
  const strides = stridesOf(block.dims);
  return pick(block.data, counts, (index) =>
    index.reduce((at, i, axis) => at + (starts[axis]! + i * steps[axis]!) * strides[axis]!, 0),
  );
}

/** Replaces one axis by the shape of `indices`, as ONNX Gather does. */
export function gather<T>(block: Block<T>, indices: Block<number>, axis: number): Block<T> {
  const strides = stridesOf(block.dims);
  const inner = stridesOf(indices.dims);
  const rank = indices.dims.length;
  const dims = [...block.dims.slice(0, axis), ...indices.dims, ...block.dims.slice(axis + 1)];
  return pick(block.data, dims, (index) => {
    const which = inner.reduce((at, stride, i) => at + index[axis + i]! * stride, 0);
    const chosen = indices.data[which]!;
    return block.dims.reduce((at, d, a) => {
      const i =
        a < axis
          ? index[a]!
          : a === axis
            ? chosen < 0
              ? chosen + d
              : chosen
            : index[a + rank - 1]!;
      return at + i * strides[a]!;
    }, 0);
  });
}

export function concat<T>(blocks: readonly Block<T>[], axis: number): Block<T> {
  const first = blocks[0]!;
  const dims = first.dims.map((d, a) =>
    a === axis ? blocks.reduce((n, b) => n + b.dims[a]!, 0) : d,
  );
  const data: T[] = [];
  // An empty result may still have a huge extent, such as [2³³, 0]; skip the loop.
  if (sizeOf(dims) === 0) return { dims, data };
  const outer = sizeOf(dims.slice(0, axis));
  for (let o = 0; o < outer; o++) {
    for (const block of blocks) {
      const chunk = sizeOf(block.dims.slice(axis));
      data.push(...block.data.slice(o * chunk, (o + 1) * chunk));
    }
  }
  return { dims, data };
}
