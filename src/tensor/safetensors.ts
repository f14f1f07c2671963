import { InputError } from "../errors.js";
import {
  anything,
  count,
  fields,
  integer,
  list,
  readJson,
  readValue,
  record,
  text,
} from "../files/json.js";
import { byteSize, viewBuffer, type DType } from "./dtype.js";
import { sizeOf } from "./shape.js";
import { bytesOf, tensor, type Tensor } from "./tensor.js";

type NumericDType = Exclude<DType, "string">;

const codes: Record<NumericDType, string> = {
  float16: "F16",
  bfloat16: "BF16",
  float32: "F32",
  float64: "F64",
  int8: "I8",
  int16: "I16",
  int32: "I32",
  int64: "I64",
  uint8: "U8",
  uint16: "U16",
  uint32: "U32",
  uint64: "U64",
  bool: "BOOL",
};

const dtypes = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as NumericDType]));

/** Tensors by name, and free-text metadata. */
export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Encodes tensors as a safetensors file: an 8-byte header length, a JSON header, the elements.
 *
 * @throws {ShapeError} for string tensors
 * @see https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors({ tensors, metadata }: SafeTensors): Uint8Array {
  let end = 0;
  const entries = Array.from(tensors, ([name, t]) => {
    const start = end;
    end += bytesOf(t).length;
    const dtype = codes[t.dtype as NumericDType];
    return [name, { dtype, shape: t.dims, data_offsets: [start, end] }] as const;
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const header = new TextEncoder().encode(json);
  // Pad the header with spaces to a multiple of eight bytes, so that elements are aligned.
  const start = 8 + Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 0, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(header, 8);
  let at = start;
  for (const t of tensors.values()) {
    bytes.set(bytesOf(t), at);
    at += bytesOf(t).length;
  }
  return bytes;
}

/**
 * Decodes a safetensors file.
 *
 * @param name the file's name in error messages
 * @throws {InputError} if the file is not a complete safetensors file
 */
export function decodeSafetensors(bytes: Uint8Array, name = "the safetensors file"): SafeTensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = bytes.length < 8 ? Infinity : 8 + Number(view.getBigUint64(0, true));
  if (start > bytes.length) throw new InputError(`${name} is truncated, or not a safetensors file`);
  const { __metadata__: words = {}, ...entries } = headerOf(bytes.subarray(8, start), name);
  const tensors = Object.entries(entries).map(([key, value]) => {
    const {
      dtype: code,
      shape,
      data_offsets: offsets,
    } = readValue(value, entry, `${name}: "${key}"`);
    const dtype = dtypes.get(code);
    const [from, to] = offsets;
    if (!dtype || from === undefined || to === undefined) {
      throw new InputError(`${name}: "${key}" does not have the fields of a tensor`);
    }
    const isWhole = from >= 0 && start + to <= bytes.length;
    if (!isWhole || to - from !== sizeOf(shape) * byteSize(dtype)) {
      throw new InputError(
        `${name}: "${key}" [${shape.join(",")}] does not fit its ${to - from} bytes`,
      );
    }
    const body = new Uint8Array(bytes.subarray(start + from, start + to));
    return [key, tensor(dtype, shape, viewBuffer(dtype, body.buffer))] as const;
  });
  return { tensors: new Map(tensors), metadata: readValue(words, record(text), name) };
}

const entry = fields({ dtype: text, shape: list(count), data_offsets: list(integer) });

function headerOf(bytes: Uint8Array, name: string): Record<string, unknown> {
  return readJson(
    new TextDecoder().decode(bytes),
    record(anything),
    `${name} is not a safetensors file: its header`,
  );
}
