import { viewBuffer, byteSize, type DType, type Storage } from "./dtype.js";
import { sizeOf } from "./shape.js";
import { bytesOf, toNumbers, type Tensor } from "./tensor.js";

/** Selects rows along the first axis: [N, …] → [rows.length, …]. */
export function sliceBatch(t: Tensor, rows: readonly number[]): Tensor {
  if (rows.length === t.dims[0] && rows.every((r, i) => r === i)) return t;
  const chunk = sizeOf(t.dims.slice(1)) * byteSize(t.dtype);
  const source = bytesOf(t);
  const bytes = new Uint8Array(rows.length * chunk);
  rows.forEach((row, i) => {
    bytes.set(source.subarray(row * chunk, (row + 1) * chunk), i * chunk);
  });
  return fromBytes(t, [rows.length, ...t.dims.slice(1)], bytes);
}

/** Concatenates tensors along the first axis. */
export function concatBatch<D extends DType>(parts: readonly Tensor<D>[]): Tensor<D> {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const all = parts.map(bytesOf);
  const bytes = new Uint8Array(all.reduce((n, b) => n + b.length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  const rows = parts.reduce((n, p) => n + p.dims[0]!, 0);
  return fromBytes(first!, [rows, ...first!.dims.slice(1)], bytes);
}

/** Splits an output [count, …] into one array of scores per sample. */
export function rowsOf(output: Tensor, count: number): number[][] {
  const numbers = Array.from(toNumbers(output));
  const classes = numbers.length / count;
  return Array.from({ length: count }, (_, n) => numbers.slice(n * classes, (n + 1) * classes));
}

function fromBytes<D extends DType>(
  like: Tensor<D>,
  dims: readonly number[],
  bytes: Uint8Array<ArrayBuffer>,
): Tensor<D> {
  if (like.dtype === "string") throw new TypeError("string tensors cannot be batched");
  return { dtype: like.dtype, dims, data: viewBuffer(like.dtype, bytes.buffer) as Storage[D] };
}
