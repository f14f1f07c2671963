/**
 * Protobuf wire encoding of numeric lists. Messages and their errors are handled in decode.ts and encode.ts.
 *
 * @module
 */
import protobuf from "protobufjs/minimal.js";
import type { ScalarKind } from "./schema.js";

export type NumberKind = Exclude<ScalarKind, "string" | "bytes">;
export type NumberList = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;

/** The wire types that ONNX uses: varint, 64-bit, length-delimited, 32-bit. */
export const wireTypes: Readonly<Record<ScalarKind, number>> = {
  int32: 0,
  int64: 0,
  uint64: 0,
  double: 1,
  string: 2,
  bytes: 2,
  float: 5,
};

/** The wire type of messages, strings, bytes and packed lists. */
export const LENGTH_DELIMITED = 2;

// A Long's two halves written here can be read as a 64-bit integer, without bigint arithmetic.
const halves = new Int32Array(2);
const signed = new BigInt64Array(halves.buffer);
const unsigned = new BigUint64Array(halves.buffer);

/** Reads one number. @throws {RangeError} at the end of the bytes */
export function readNumber(reader: protobuf.Reader, kind: NumberKind): number | bigint {
  switch (kind) {
    case "float":
      return reader.float();
    case "double":
      return reader.double();
    case "int32":
      return reader.int32();
    case "int64":
    case "uint64": {
      const long = reader.int64();
      halves[0] = long.low;
      halves[1] = long.high;
      return kind === "int64" ? signed[0]! : unsigned[0]!;
    }
  }
}

/** Reads a packed list into a new buffer. @throws {RangeError} if it is truncated */
export function readPacked(reader: protobuf.Reader, kind: NumberKind): NumberList {
  const start = reader.pos;
  const block = reader.bytes();
  switch (kind) {
    case "float":
      return new Float32Array(wholeElements(block, 4));
    case "double":
      return new Float64Array(wholeElements(block, 8));
    case "int32":
    case "int64":
    case "uint64": {
      const list = allocate(kind, countVarints(block));
      const inner = new protobuf.Reader(block);
      for (let i = 0; i < list.length; i++) list[i] = readNumber(inner, kind);
      if (inner.pos === block.length) return list;
      throw new RangeError(`a list at byte ${start} is truncated inside a number`);
    }
  }
}

function wholeElements(block: Uint8Array, size: number): ArrayBuffer {
  if (block.length % size === 0) return new Uint8Array(block).buffer;
  throw new RangeError(
    `${block.length} bytes are not a multiple of the element size, ${size} bytes`,
  );
}

function countVarints(block: Uint8Array): number {
  let count = 0;
  for (const byte of block) if (byte < 128) count++;
  return count;
}

/** A zero-filled list of `length` numbers. */
export function allocate(kind: NumberKind, length: number): NumberList {
  switch (kind) {
    case "float":
      return new Float32Array(length);
    case "double":
      return new Float64Array(length);
    case "int32":
      return new Int32Array(length);
    case "int64":
      return new BigInt64Array(length);
    case "uint64":
      return new BigUint64Array(length);
  }
}

/** Writes one number. */
export function writeNumber(
  writer: protobuf.Writer,
  kind: NumberKind,
  value: number | bigint,
): void {
  switch (kind) {
    case "float":
      writer.float(Number(value));
      break;
    case "double":
      writer.double(Number(value));
      break;
    case "int32":
      writer.int32(Number(value));
      break;
    case "int64":
    case "uint64":
      signed[0] = BigInt.asIntN(64, BigInt(value));
      writer.int64(new protobuf.util.Long(halves[0]!, halves[1]!));
  }
}

/** Encodes a packed list. */
export function packedBytes(kind: NumberKind, list: NumberList): Uint8Array {
  if (kind === "float" || kind === "double") {
    return new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
  }
  const writer = new protobuf.Writer();
  for (const value of list) writeNumber(writer, kind, value);
  return writer.finish();
}
