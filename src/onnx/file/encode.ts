import protobuf from "protobufjs/minimal.js";
import { ModelFormatError } from "../../errors.js";
import { MAX_FILE_BYTES } from "./limits.js";
import { schema, type Field, type MessageName, type ModelProto } from "./schema.js";
import {
  LENGTH_DELIMITED,
  packedBytes,
  wireTypes,
  writeNumber,
  type NumberKind,
  type NumberList,
} from "./wire.js";

/** Blocks of at least this size are not copied into the enclosing messages, only once into the file. */
const SHARED_BYTES = 1024;

/**
 * Encodes a model as the bytes of an .onnx file: fields in numeric order, as PyTorch writes them, then unknown
 * fields. Weights are copied once.
 *
 * @throws {ModelFormatError} if the file would exceed protobuf's 2 GiB
 */
export function encodeModel(model: ModelProto): Uint8Array {
  const { parts, length } = encodeMessage("ModelProto", model);
  if (length > MAX_FILE_BYTES) {
    throw new ModelFormatError(`a model of ${length} bytes exceeds protobuf's limit of 2 GiB`);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An encoded message as a list of blocks; some are shared with the model. */
interface Blocks {
  readonly parts: Uint8Array[];
  length: number;
  /** Bytes after the last block. */
  writer: protobuf.Writer;
}

function encodeMessage(name: MessageName, message: object): Blocks {
  const out: Blocks = { parts: [], length: 0, writer: new protobuf.Writer() };
  const values = message as Record<string, unknown>;
  for (const field of schema[name].values()) {
    const value = values[field.name];
    if (value !== undefined) encodeField(out, field, value);
  }
  for (const raw of (values["unknownFields"] ?? []) as readonly Uint8Array[]) addBytes(out, raw);
  closeBlock(out);
  return out;
}

function encodeField(out: Blocks, field: Field, value: unknown): void {
  const { scalar, message } = field;
  if (message !== undefined) {
    for (const child of asList(field, value)) {
      addTag(out, field, LENGTH_DELIMITED);
      addMessage(out, encodeMessage(message, child as object));
    }
  } else if (scalar === "string") {
    for (const text of asList(field, value)) {
      addTag(out, field, LENGTH_DELIMITED);
      out.writer.string(text as string);
    }
  } else if (scalar === "bytes") {
    for (const bytes of asList(field, value)) addBlock(out, field, bytes as Uint8Array);
  } else if (scalar !== undefined) {
    encodeNumbers(out, field, scalar, value);
  }
}

function encodeNumbers(out: Blocks, field: Field, kind: NumberKind, value: unknown): void {
  if (field.packed) {
    const list = value as NumberList;
    if (list.length > 0) addBlock(out, field, packedBytes(kind, list));
    return;
  }
  const list = field.list ? (value as NumberList) : [value as number | bigint];
  for (const item of list) {
    addTag(out, field, wireTypes[kind]);
    writeNumber(out.writer, kind, item);
  }
}

function asList(field: Field, value: unknown): readonly unknown[] {
  return field.list ? (value as readonly unknown[]) : [value];
}

function addTag(out: Blocks, field: Field, wireType: number): void {
  out.writer.uint32((field.id << 3) | wireType);
}

function addBlock(out: Blocks, field: Field, bytes: Uint8Array): void {
  addTag(out, field, LENGTH_DELIMITED);
  out.writer.uint32(bytes.length);
  addBytes(out, bytes);
}

function addMessage(out: Blocks, child: Blocks): void {
  if (child.length > MAX_FILE_BYTES) {
    throw new ModelFormatError(
      `a message of ${child.length} bytes exceeds protobuf's limit of 2 GiB`,
    );
  }
  out.writer.uint32(child.length);
  for (const part of child.parts) addBytes(out, part);
}

function addBytes(out: Blocks, bytes: Uint8Array): void {
  if (bytes.length < SHARED_BYTES) {
    out.writer.raw(bytes);
    return;
  }
  closeBlock(out);
  out.parts.push(bytes);
  out.length += bytes.length;
}

function closeBlock(out: Blocks): void {
  if (out.writer.pos === 0) return;
  out.length += out.writer.pos;
  out.parts.push(out.writer.finish());
  out.writer = new protobuf.Writer();
}
