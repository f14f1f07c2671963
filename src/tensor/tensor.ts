import { ShapeError } from "../errors.js";
import { byteSize, viewBuffer, type DType, type Storage } from "./dtype.js";
import { bfloatToNumber, halfToNumber, numberToBfloat, numberToHalf } from "./half.js";
import { sizeOf } from "./shape.js";

/** A dense tensor in row-major order. Treated as immutable, so tensors may be shared. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly dims: readonly number[];
  readonly data: Storage[D];
}

/** Tensors by the name of a graph input or output. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** Whether a value from untyped JavaScript has the fields of a tensor. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === "object" && value !== null && "dims" in value && "data" in value;

/** Wraps existing storage as a tensor. @throws {ShapeError} if the length is not the product of `dims` */
export function tensor<D extends DType>(
  dtype: D,
  dims: readonly number[],
  data: Storage[D],
): Tensor<D> {
  if (data.length !== sizeOf(dims)) {
    throw new ShapeError(
      `${data.length} elements do not fill a tensor of shape [${dims.join(",")}]`,
    );
  }
  return { dtype, dims, data };
}

/** Makes a float32 tensor. */
export function float32(dims: readonly number[], data: ArrayLike<number>): Tensor<"float32"> {
  return tensor("float32", dims, data instanceof Float32Array ? data : Float32Array.from(data));
}

/** The numbers of a tensor as float32; a float32 tensor is returned unchanged. */
export function toFloat32(t: Tensor): Tensor<"float32"> {
  return t.dtype === "float32" ? (t as Tensor<"float32">) : float32(t.dims, toNumbers(t));
}

/** Makes a 1-D int64 tensor, ONNX's form of axes, shapes and indices. */
export function int64(values: readonly number[], dims?: readonly number[]): Tensor<"int64"> {
  return tensor("int64", dims ?? [values.length], BigInt64Array.from(values, toInt64));
}

/**
 * Maximum elements of a tensor that a rule may create: 64 MiB as float32, or a matrix of 4096 by 4096. Such tensors
 * grow with the extents of the graph, and a small file can declare any extent.
 */
export const maxMadeElements = 2 ** 24;

/** @throws {ShapeError} if `dims` are invalid or exceed {@link maxMadeElements} */
export function checkMade(dims: readonly number[], what: string): void {
  const size = sizeOf(dims);
  if (size <= maxMadeElements && dims.every((d) => Number.isSafeInteger(d) && d >= 0)) return;
  throw new ShapeError(
    `${what} [${dims.join(",")}] exceeds the limit of ${maxMadeElements} elements for a generated tensor`,
  );
}

/** A tensor filled with `value`. @throws {ShapeError} if it exceeds {@link maxMadeElements} */
export function full(dtype: DType, dims: readonly number[], value: number): Tensor {
  checkMade(dims, "a constant");
  return fromNumbers(dtype, dims, new Float64Array(sizeOf(dims)).fill(value));
}

/** Makes a tensor of any numeric dtype from plain numbers, rounded to that dtype. */
export function fromNumbers(
  dtype: DType,
  dims: readonly number[],
  values: ArrayLike<number>,
): Tensor {
  if (dtype === "string") throw new ShapeError("a string tensor cannot be made from numbers");
  const data = viewBuffer(dtype, new ArrayBuffer(values.length * byteSize(dtype)));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < values.length; i++) data[i] = toInt64(values[i]!);
  } else {
    const convert =
      dtype === "float16"
        ? numberToHalf
        : dtype === "bfloat16"
          ? numberToBfloat
          : (v: number): number => v;
    for (let i = 0; i < values.length; i++) data[i] = convert(values[i]!);
  }
  return { dtype, dims, data };
}

/**
 * The elements as plain numbers. 64-bit integers are clamped to ±2⁵³: exporters write INT64_MAX for "to the end", and
 * such values are later clamped to an extent anyway.
 *
 * @throws {ShapeError} for string tensors
 */
export function toNumbers(t: Tensor): ArrayLike<number> {
  switch (t.dtype) {
    case "string":
      throw new ShapeError("a string tensor cannot be read as numbers");
    case "float16":
      return Float32Array.from(t.data as Uint16Array, halfToNumber);
    case "bfloat16":
      return Float32Array.from(t.data as Uint16Array, bfloatToNumber);
    case "int64":
    case "uint64":
      return Float64Array.from(t.data as BigInt64Array as unknown as Iterable<bigint>, fromInt64);
    default:
      return t.data as Float32Array;
  }
}

/** Number of elements. */
export function elementCount(t: Tensor): number {
  return sizeOf(t.dims);
}

/**
 * The elements as little-endian bytes, as in ONNX's raw_data and in .npy files. @throws {ShapeError} for string
 * tensors
 */
export function bytesOf(t: Tensor): Uint8Array {
  if (t.dtype === "string") throw new ShapeError("a string tensor has no raw bytes");
  const data = t.data as Float32Array;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function toInt64(value: number): bigint {
  const whole = Math.trunc(
    Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value)),
  );
  if (Number.isNaN(whole)) throw new ShapeError("NaN cannot be converted to an integer");
  return BigInt(whole);
}

function fromInt64(value: bigint): number {
  const number = Number(value);
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, number));
}
