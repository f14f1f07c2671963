import { ModelFormatError } from "../../errors.js";
import { byteSize, viewBuffer, type DType } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { bytesOf, tensor, type Tensor } from "../../tensor/tensor.js";
import { dataTypeName, dataTypeOf, dtypeOf } from "./element-types.js";
import { shapeProblem } from "./limits.js";
import type { TensorProto } from "./schema.js";

/** Validated dims and dtype of a tensor in a file; `dtype` is undefined if this library does not support it. */
export interface TensorHeader {
  readonly dims: readonly number[];
  readonly dtype: DType | undefined;
  readonly elements: number;
}

/** @throws {ModelFormatError} if the dims are negative, too many, or their product is too large */
export function headerOf(proto: TensorProto, what: string): TensorHeader {
  const dims = Array.from(proto.dims ?? [], Number);
  if (dims.some((d) => d < 0)) {
    throw new ModelFormatError(`${what} has impossible dims [${dims.join(",")}]`);
  }
  const problem = shapeProblem(dims);
  if (problem !== undefined) throw new ModelFormatError(`${what} has ${problem}`);
  return { dims, dtype: dtypeOf(proto.dataType ?? 0), elements: sizeOf(dims) };
}

/** True if the elements are stored in another file. */
export function isExternal(proto: TensorProto): boolean {
  return proto.dataLocation === 1;
}

/**
 * Decodes a TensorProto, whichever field holds its elements. Memory is shared if alignment allows.
 *
 * @param what description of the tensor for messages: `initializer "conv1.weight"`
 * @param external the tensor's bytes, if they are stored in another file
 * @throws {ModelFormatError} if the data do not match the dims, or the dtype is unsupported
 */
export function decodeTensor(proto: TensorProto, what: string, external?: Uint8Array): Tensor {
  const { dims, dtype, elements } = headerOf(proto, what);
  if (dtype === undefined) {
    throw new ModelFormatError(
      `${what} is ${dataTypeName(proto.dataType ?? 0)}, which is not supported`,
    );
  }
  if (proto.segment !== undefined) throw new ModelFormatError(`${what} is split into segments`);
  if (isExternal(proto) && external === undefined) {
    throw new ModelFormatError(`${what} is in another file, which was not read`);
  }
  const raw = isExternal(proto) ? external : proto.rawData;
  const data = raw === undefined ? listedData(proto, dtype) : rawData(raw, dtype, elements, what);
  if (data.length !== elements) {
    const has = `has dims [${dims.join(",")}] but ${data.length} elements`;
    throw new ModelFormatError(`${what} ${has}`);
  }
  return tensor(dtype, dims, data);
}

function rawData(raw: Uint8Array, dtype: DType, elements: number, what: string): Tensor["data"] {
  if (dtype === "string") throw new ModelFormatError(`${what} keeps strings as raw bytes`);
  if (raw.length !== elements * byteSize(dtype)) {
    const wants = `needs ${elements * byteSize(dtype)} bytes for ${elements} ${dtype}`;
    throw new ModelFormatError(`${what} ${wants}, but has ${raw.length}`);
  }
  const { buffer } = raw;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === raw.length;
  return viewBuffer(dtype, whole ? buffer : new Uint8Array(raw).buffer);
}

/**
 * Elements from the typed list fields. Types without their own field use int32_data; halves are stored there as bits.
 */
function listedData(proto: TensorProto, dtype: DType): Tensor["data"] {
  const { floatData, doubleData, int64Data, uint64Data, stringData } = proto;
  const ints = proto.int32Data ?? new Int32Array(0);
  switch (dtype) {
    case "float32":
      return floatData ?? new Float32Array(0);
    case "float64":
      return doubleData ?? new Float64Array(0);
    case "int64":
      return int64Data ?? new BigInt64Array(0);
    case "uint64":
      return uint64Data ?? new BigUint64Array(0);
    case "uint32":
      return Uint32Array.from(uint64Data ?? [], Number);
    case "string":
      return (stringData ?? []).map((text) => new TextDecoder().decode(text));
    case "int32":
      return ints;
    case "int16":
      return Int16Array.from(ints);
    case "int8":
      return Int8Array.from(ints);
    case "uint16":
    case "float16":
    case "bfloat16":
      return Uint16Array.from(ints);
    case "uint8":
    case "bool":
      return Uint8Array.from(ints);
  }
}

/** Encodes a tensor as a TensorProto with raw_data. Shares the tensor's memory. */
export function encodeTensor(t: Tensor, name?: string): TensorProto {
  const header = {
    ...(t.dims.length === 0 ? {} : { dims: BigInt64Array.from(t.dims, BigInt) }),
    dataType: dataTypeOf(t.dtype),
    ...(name === undefined ? {} : { name }),
  };
  if (t.dtype !== "string") return { ...header, rawData: bytesOf(t) };
  const texts = t.data as string[];
  return { ...header, stringData: texts.map((text) => new TextEncoder().encode(text)) };
}
