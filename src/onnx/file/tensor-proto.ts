import { ModelFormatError } from "../../errors.js";
import { byteSize, viewBuffer, type DType } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { bytesOf, tensor, type Tensor } from "../../tensor/tensor.js";
import { dataTypeName, dataTypeOf, dtypeOf } from "./element-types.js";
import { shapeProblem } from "./limits.js";
import type { TensorProto } from "./schema.js";

/** Dims and dtype of a tensor in a file, checked; `dtype` is undefined where this library has none. */
export interface TensorHeader {
  readonly dims: readonly number[];
  readonly dtype: DType | undefined;
  readonly elements: number;
}

/** @throws {ModelFormatError} where the dims are negative, too many, or their product is out of bounds. */
export function headerOf(proto: TensorProto, what: string): TensorHeader {
  const dims = Array.from(proto.dims ?? [], Number);
  if (dims.some((d) => d < 0)) {
    throw new ModelFormatError(`${what} has impossible dims [${dims.join(",")}]`);
  }
  const problem = shapeProblem(dims);
  if (problem !== undefined) throw new ModelFormatError(`${what} has ${problem}`);
  return { dims, dtype: dtypeOf(proto.dataType ?? 0), elements: sizeOf(dims) };
}

/** True where the elements are in another file. */
export function isExternal(proto: TensorProto): boolean {
  return proto.dataLocation === 1;
}

/**
 * The tensor of a TensorProto, whichever of its fields the elements are in. Memory is shared where alignment allows.
 *
 * @param what names the tensor in messages: `initializer "conv1.weight"`
 * @param external the elements' bytes, where they are in another file
 * @throws {ModelFormatError} where elements and dims do not fit, or the dtype is one we do not have.
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

/** Elements listed one by one. Everything without a list of its own is in int32_data, halves as their bits. */
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

/** The TensorProto of a tensor, elements as raw_data. Shares the tensor's memory. */
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
