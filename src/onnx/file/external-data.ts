/**
 * External data: weights stored outside the model file, such as PyTorch's `model.onnx.data`.
 *
 * @see https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
 * @module
 */
import { ExternalDataError } from "../../errors.js";
import { byteSize } from "../../tensor/dtype.js";
import type { GraphProto, NodeProto, TensorProto } from "./schema.js";
import { dataTypeName } from "./element-types.js";
import { isPacked, packedSize } from "./packed-tensor.js";
import { headerOf, isExternal } from "./tensor-proto.js";

/**
 * Reads `length` bytes at `offset` of a file. `location` is relative to the model's folder and contains no "..", but
 * may be a symbolic link; file readers must check its target (see external-data-file.ts).
 *
 * @throws {ExternalDataError} if the file is missing or too short
 */
export type ExternalDataReader = (
  location: string,
  offset: number,
  length: number,
) => Promise<Uint8Array>;

/**
 * Reads the bytes of every external tensor of the graph and its subgraphs.
 *
 * @throws {ExternalDataError} if a file is missing, too short, or outside the model's folder
 */
export async function readExternalData(
  graph: GraphProto,
  read: ExternalDataReader | undefined,
): Promise<ReadonlyMap<TensorProto, Uint8Array>> {
  const slices = [...tensorsOf(graph)].filter(isExternal).map((proto) => sliceOf(proto));
  checkApart(slices);
  const found = new Map<TensorProto, Uint8Array>();
  const known = new Map<string, Uint8Array>();
  for (const slice of slices) {
    const key = JSON.stringify([slice.location, slice.offset, slice.length]);
    const bytes = known.get(key) ?? (await readSlice(slice, read));
    known.set(key, bytes);
    found.set(slice.proto, bytes);
  }
  return found;
}

/**
 * Checks that tensors share either all of their bytes or none. Otherwise a small model could read a large file a
 * thousand times over.
 *
 * @throws {ExternalDataError} if two tensors overlap
 */
function checkApart(slices: readonly Slice[]): void {
  const sorted = slices
    .filter((slice) => slice.length > 0)
    .sort((p, q) => compare(p.location, q.location) || p.offset - q.offset || p.length - q.length);
  sorted.forEach((next, i) => {
    const last = sorted[i - 1];
    if (last?.location !== next.location || last.offset + last.length <= next.offset) return;
    if (last.offset === next.offset && last.length === next.length) return;
    throw new ExternalDataError(`${last.what} and ${next.what} overlap in "${next.location}"`);
  });
}

const compare = (p: string, q: string): number => (p < q ? -1 : p > q ? 1 : 0);

async function readSlice(
  { location, offset, length, what }: Slice,
  read: ExternalDataReader | undefined,
): Promise<Uint8Array> {
  if (read === undefined) {
    const file = `${what} is in the file "${location}"`;
    throw new ExternalDataError(
      `${file}, but only the model's bytes were given; pass the model's path or an external data reader`,
    );
  }
  let bytes: Uint8Array;
  try {
    bytes = await read(location, offset, length);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ExternalDataError(`${what} cannot be read: ${reason}`, { cause });
  }
  if (bytes.length === length) return bytes;
  throw new ExternalDataError(`${what}: "${location}" gave ${bytes.length} bytes, not ${length}`);
}

interface Slice {
  readonly proto: TensorProto;
  /** The tensor's description in messages. */
  readonly what: string;
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * Parses the location of a tensor's bytes. @throws {ExternalDataError} if it is invalid or outside the model's folder
 */
function sliceOf(proto: TensorProto): Slice {
  const what = `tensor "${proto.name ?? ""}"`;
  const entries = new Map((proto.externalData ?? []).map((e) => [e.key ?? "", e.value ?? ""]));
  const location = entries.get("location") ?? "";
  checkLocation(location, what);
  const offset = byteCount(entries.get("offset") ?? "0", `offset of ${what}`);
  const { dtype, elements, dims } = headerOf(proto, what);
  const given = entries.get("length");
  const size = isPacked(proto) ? packedSize(proto, elements) : undefined;
  if (size === undefined && (dtype === undefined || dtype === "string")) {
    // The importer rejects this dtype, so its bytes are not needed.
    return { proto, what, location, offset, length: 0 };
  }
  const length = size ?? elements * byteSize(dtype!);
  if (given !== undefined && byteCount(given, `length of ${what}`) !== length) {
    const needs = `${dtype ?? dataTypeName(proto.dataType ?? 0)}[${dims.join(",")}] needs ${length}`;
    throw new ExternalDataError(`${what} has ${given} bytes in "${location}", but ${needs}`);
  }
  return { proto, what, location, offset, length };
}

function byteCount(text: string, what: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new ExternalDataError(`the ${what} is "${text}", not a number of bytes`);
}

/**
 * Checks that a location is inside the model's folder; otherwise a model could read /etc/passwd.
 *
 * @throws {ExternalDataError} for absolute paths, drives, network paths, NUL and ".."
 */
export function checkLocation(location: string, what: string): void {
  const outside =
    /^[/\\]/.test(location) ||
    /^[A-Za-z]:/.test(location) ||
    location.includes("\0") ||
    location.split(/[/\\]/).includes("..");
  if (location !== "" && !outside) return;
  throw new ExternalDataError(
    `${what} has the location ${JSON.stringify(location)}; it must be a path inside the model's folder`,
  );
}

function* tensorsOf(graph: GraphProto): Iterable<TensorProto> {
  yield* graph.initializer ?? [];
  yield* tensorsOfNodes(graph.node ?? []);
}

function* tensorsOfNodes(nodes: readonly NodeProto[]): Iterable<TensorProto> {
  for (const node of nodes) {
    for (const attribute of node.attribute ?? []) {
      if (attribute.t !== undefined) yield attribute.t;
      for (const graph of [attribute.g, ...(attribute.graphs ?? [])]) {
        if (graph !== undefined) yield* tensorsOf(graph);
      }
    }
  }
}
