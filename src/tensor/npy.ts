import { InputError } from "../errors.js";
import { byteSize, viewBuffer, type DType } from "./dtype.js";
import { sizeOf, stridesOf } from "./shape.js";
import { bytesOf, tensor, type Tensor } from "./tensor.js";

type NumericDType = Exclude<DType, "string">;

// numpy's type codes. Plain numpy has no portable code for bfloat16 or for strings of variable length.
const codes: Partial<Record<DType, string>> = {
  float16: "f2",
  float32: "f4",
  float64: "f8",
  int8: "i1",
  int16: "i2",
  int32: "i4",
  int64: "i8",
  uint8: "u1",
  uint16: "u2",
  uint32: "u4",
  uint64: "u8",
  bool: "b1",
};

const dtypes = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as NumericDType]));

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // "\x93NUMPY"

/**
 * Encodes a tensor as a numpy .npy file: format version 1.0, little-endian, row-major.
 *
 * @throws {InputError} for strings and bfloat16, which have no numpy type
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function encodeNpy(t: Tensor): Uint8Array {
  const code = codes[t.dtype];
  if (code === undefined)
    throw new InputError(`.npy cannot store ${t.dtype}; cast to float32 first`);
  const order = byteSize(t.dtype) === 1 ? "|" : "<";
  // Python writes a one-element tuple as "(3,)".
  const shape = t.dims.length === 1 ? `(${t.dims[0]!},)` : `(${t.dims.join(", ")})`;
  const fields = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${shape}, }`;
  // The data start at a multiple of 64 bytes; the header ends in a newline.
  const start = Math.ceil((magic.length + 4 + fields.length + 1) / 64) * 64;
  const header = fields.padEnd(start - magic.length - 5) + "\n";

  const data = bytesOf(t);
  const bytes = new Uint8Array(start + data.length);
  bytes.set(magic);
  bytes[6] = 1;
  new DataView(bytes.buffer).setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(data, start);
  return bytes;
}

/**
 * Decodes a numpy .npy file of format version 1, 2 or 3. Big-endian and column-major (Fortran) arrays are converted
 * to little-endian, row-major order. Like numpy, ignores bytes after the array.
 *
 * @param name the file's name in error messages
 * @throws {InputError} if the file is not a complete .npy file of numbers or booleans
 */
export function decodeNpy(bytes: Uint8Array, name = "the .npy file"): Tensor {
  const { header, start } = readHeader(bytes, name);
  const descr = header.match(/['"]descr['"]\s*:\s*['"]([^'"]*)['"]/)?.[1];
  const fortran = header.match(/['"]fortran_order['"]\s*:\s*(True|False)/)?.[1];
  const shape = header.match(/['"]shape['"]\s*:\s*\(([\d\s,]*)\)/)?.[1];
  if (descr === undefined)
    throw new InputError(`${name}: structured dtypes are not supported: ${header}`);
  if (fortran === undefined || shape === undefined) {
    throw new InputError(`${name}: the header lacks fortran_order or shape: ${header}`);
  }

  const dtype = dtypes.get(descr.slice(1));
  if (dtype === undefined || !"<>|=".includes(descr.charAt(0))) {
    const known = [...dtypes.keys()].join(", ");
    throw new InputError(`${name}: dtype "${descr}" is not supported; supported dtypes: ${known}`);
  }

  const dims = shape
    .split(",")
    .filter((s) => s.trim() !== "")
    .map(Number);
  const length = sizeOf(dims) * byteSize(dtype);
  if (!(length <= bytes.length - start)) {
    throw new InputError(
      `${name} is truncated: shape [${dims.join(",")}] of ${dtype} needs ${length} bytes, ` +
        `but ${bytes.length - start} follow the header`,
    );
  }

  // Copy into an aligned buffer. Buffer's `slice` would share memory.
  const body = new Uint8Array(bytes.subarray(start, start + length));
  if (descr.startsWith(">")) swapBytes(body, byteSize(dtype));
  const ordered = fortran === "True" ? toRowMajor(body, byteSize(dtype), dims) : body;
  return tensor(dtype, dims, viewBuffer(dtype, ordered.buffer));
}

function readHeader(bytes: Uint8Array, name: string): { header: string; start: number } {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new InputError(`${name} is not a .npy file: it does not start with \\x93NUMPY`);
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    throw new InputError(
      `${name}: .npy format version ${version} is unknown; 1, 2 and 3 are known`,
    );
  }
  // The header length takes 16 bits in version 1, 32 bits in versions 2 and 3.
  const from = version === 1 ? 10 : 12;
  if (bytes.length < from) throw new InputError(`${name} is truncated: it ends within the header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = from + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length) {
    throw new InputError(
      `${name} is truncated: the header needs ${start} bytes of ${bytes.length} present`,
    );
  }
  return { header: new TextDecoder().decode(bytes.subarray(from, start)).trim(), start };
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
}

/** Reorders column-major elements of `size` bytes to row-major order. */
function toRowMajor(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
  dims: readonly number[],
): Uint8Array<ArrayBuffer> {
  const rowStrides = stridesOf(dims);
  const columnStrides = stridesOf([...dims].reverse()).reverse();
  const result = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length / size; i++) {
    let at = 0;
    for (let axis = 0; axis < dims.length; axis++) {
      at += (Math.floor(i / rowStrides[axis]!) % dims[axis]!) * columnStrides[axis]!;
    }
    for (let k = 0; k < size; k++) result[i * size + k] = bytes[at * size + k]!;
  }
  return result;
}
