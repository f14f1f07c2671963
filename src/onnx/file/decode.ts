import protobuf from "protobufjs/minimal.js";
import { ModelFormatError } from "../../errors.js";
import { MAX_ITEMS, MAX_MESSAGE_DEPTH, MAX_STRING_BYTES } from "./limits.js";
import { recognize } from "./recognize.js";
import { schema, type Field, type MessageName, type ModelProto } from "./schema.js";
import {
  allocate,
  LENGTH_DELIMITED,
  readNumber,
  readPacked,
  wireTypes,
  type NumberKind,
  type NumberList,
} from "./wire.js";

/**
 * Decodes the bytes of an .onnx file. All fields are kept; unknown fields are kept as bytes. The result shares no
 * memory with `bytes`.
 *
 * @throws {ModelFormatError} if the bytes are not an ONNX model or are damaged, naming the field being read
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  // Buffer's own `slice` would return a view.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor: Cursor = { reader: new protobuf.Reader(plain), path: [], field: "", items: 0 };
  let model: ModelProto;
  try {
    model = decodeMessage(cursor, "ModelProto");
  } catch (cause) {
    throw damaged(plain, cursor, cause);
  }
  if (model.graph === undefined) throw foreign(plain, "it contains no graph");
  return model;
}

interface Cursor {
  readonly reader: protobuf.Reader;
  /** Path of enclosing messages: "graph", "node[3]". */
  readonly path: string[];
  /** Field of the current message that is being read. */
  field: string;
  items: number;
}

type Draft = Record<string, unknown>;

function decodeMessage(cursor: Cursor, name: MessageName): Draft {
  const { reader } = cursor;
  const fields = schema[name];
  const message: Draft = {};
  const numbers = new Map<Field, NumberDraft>();
  while (reader.pos < reader.len) {
    const start = reader.pos;
    cursor.field = "";
    const tag = reader.tag();
    const field = fields.get(tag >>> 3);
    if (field === undefined) {
      reader.skipType(tag & 7, 0, tag >>> 3);
      append(message, "unknownFields", reader.buf.slice(start, reader.pos));
      count(cursor);
    } else {
      cursor.field = field.name;
      decodeField(cursor, message, numbers, field, tag & 7);
    }
  }
  for (const [field, draft] of numbers) message[field.name] = joinNumbers(field, draft);
  return message;
}

function decodeField(
  cursor: Cursor,
  message: Draft,
  numbers: Map<Field, NumberDraft>,
  field: Field,
  wireType: number,
): void {
  const { reader } = cursor;
  const { message: child, scalar } = field;
  if (child !== undefined) {
    expectWireType(LENGTH_DELIMITED, wireType);
    const value = decodeChild(cursor, message, field, child);
    put(message, field, value);
  } else if (scalar === "string" || scalar === "bytes") {
    expectWireType(LENGTH_DELIMITED, wireType);
    count(cursor);
    put(message, field, scalar === "string" ? readString(reader) : reader.bytes().slice());
  } else if (scalar !== undefined && field.list) {
    const draft = numbers.get(field) ?? { blocks: [], loose: [] };
    numbers.set(field, draft);
    readNumbers(cursor, scalar, draft, wireType);
  } else if (scalar !== undefined) {
    expectWireType(wireTypes[scalar], wireType);
    message[field.name] = readNumber(reader, scalar);
  }
}

function decodeChild(cursor: Cursor, parent: Draft, field: Field, name: MessageName): Draft {
  const { reader, path } = cursor;
  const before = parent[field.name];
  // Protobuf would merge repeated occurrences. No ONNX writer produces them, and merging many would let a file stall
  // the reader.
  if (!field.list && before !== undefined) throw new RangeError("the field is given twice");
  if (path.length >= MAX_MESSAGE_DEPTH) {
    throw new RangeError(`messages are nested deeper than ${MAX_MESSAGE_DEPTH} levels`);
  }
  count(cursor);
  const size = reader.size();
  const end = reader.pos + size;
  const outer = reader.len;
  if (end > outer)
    throw new RangeError(`a length of ${size} bytes exceeds the ${outer - reader.pos} left`);
  path.push(field.list ? `${field.name}[${lengthOf(before)}]` : field.name);
  reader.len = end;
  const message = decodeMessage(cursor, name);
  reader.len = outer;
  path.pop();
  return message;
}

/** The numbers of one repeated field, in order: packed blocks, then unpacked numbers. */
interface NumberDraft {
  readonly blocks: NumberList[];
  loose: (number | bigint)[];
}

/** Unpacked numbers are packed in batches: a bigint takes sixteen times the memory of its two bytes on the wire. */
const longestLoose = 1 << 16;

function readNumbers(cursor: Cursor, kind: NumberKind, draft: NumberDraft, wireType: number): void {
  if (wireType === LENGTH_DELIMITED) {
    count(cursor);
    closeBlock(kind, draft);
    draft.blocks.push(readPacked(cursor.reader, kind));
  } else {
    expectWireType(wireTypes[kind], wireType);
    draft.loose.push(readNumber(cursor.reader, kind));
    if (draft.loose.length === longestLoose) closeBlock(kind, draft);
  }
}

function closeBlock(kind: NumberKind, draft: NumberDraft): void {
  if (draft.loose.length === 0) return;
  const block = allocate(kind, draft.loose.length);
  draft.loose.forEach((value, i) => (block[i] = value));
  draft.blocks.push(block);
  draft.loose = [];
}

function joinNumbers(field: Field, draft: NumberDraft): NumberList {
  const kind = field.scalar as NumberKind;
  closeBlock(kind, draft);
  if (draft.blocks.length === 1) return draft.blocks[0]!;
  const joined = allocate(
    kind,
    draft.blocks.reduce((sum, block) => sum + block.length, 0),
  );
  let at = 0;
  for (const block of draft.blocks) {
    (joined as Float64Array).set(block as Float64Array, at);
    at += block.length;
  }
  return joined;
}

function readString(reader: protobuf.Reader): string {
  const at = reader.pos;
  const size = reader.size();
  if (size > MAX_STRING_BYTES)
    throw new RangeError(`a text of ${size} bytes exceeds the limit of ${MAX_STRING_BYTES}`);
  reader.pos = at;
  return reader.string();
}

function put(message: Draft, field: Field, value: unknown): void {
  if (field.list) append(message, field.name, value);
  else message[field.name] = value;
}

function append(message: Draft, name: string, value: unknown): void {
  const list = message[name];
  if (Array.isArray(list)) list.push(value);
  else message[name] = [value];
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

function count(cursor: Cursor): void {
  if (++cursor.items > MAX_ITEMS) throw new RangeError(`more than ${MAX_ITEMS} messages and texts`);
}

function expectWireType(expected: number, actual: number): void {
  if (expected === actual) return;
  throw new RangeError(`wire type ${actual}, but the field requires ${expected}`);
}

function damaged(bytes: Uint8Array, cursor: Cursor, cause: unknown): ModelFormatError {
  const names = [...cursor.path, ...(cursor.field === "" ? [] : [cursor.field])];
  const where = ["ModelProto", ...names].join(".").replace(/[A-Z](?=[a-z])/g, snake);
  const what = cause instanceof Error ? cause.message : String(cause);
  const at = `at byte ${cursor.reader.pos} of ${bytes.length}`;
  return foreign(bytes, `reading ${where} failed ${at}: ${what}`, cause);
}

/** Converts camel case to onnx.proto's snake case: `opsetImport` → `opset_import`. Message names are unchanged. */
function snake(letter: string, offset: number): string {
  return offset < "ModelProto".length ? letter : `_${letter.toLowerCase()}`;
}

function foreign(bytes: Uint8Array, problem: string, cause?: unknown): ModelFormatError {
  const kind = recognize(bytes);
  return kind === undefined
    ? new ModelFormatError(`the ONNX file is damaged or truncated: ${problem}`, { cause })
    : new ModelFormatError(`not an ONNX model: ${kind}`, { cause });
}
