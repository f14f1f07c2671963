import type { ModelProto, TensorProto } from "./schema.js";

/** A tensor's bytes and their offset in the external data file. */
export interface ExternalBlock {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A model with its large tensors in a separate file. */
export interface ExternalizedModel {
  readonly model: ModelProto;
  readonly blocks: readonly ExternalBlock[];
}

/** Smaller tensors, in bytes, stay in the model file. */
const smallestExternal = 1024;

/**
 * Element types whose values ONNX Runtime reads while it infers shapes (the sizes of a Split, the dims of a Reshape): it
 * refuses them in other files, and no weights have them. INT32, INT64, STRING, BOOL.
 */
const readForShapes: ReadonlySet<number | undefined> = new Set([6, 7, 8, 9]);

/** Whether a tensor may be in another file. */
const isWeight = ({ rawData, dataType }: TensorProto): boolean =>
  rawData !== undefined && rawData.length >= smallestExternal && !readForShapes.has(dataType);

/** The alignment recommended by the ONNX specification, which allows memory-mapping. */
const alignment = 4096;

/** Total bytes of all initializers. */
export function weightBytes(model: ModelProto): number {
  const tensors = model.graph?.initializer ?? [];
  return tensors.reduce((sum, t) => sum + (t.rawData?.length ?? 0), 0);
}

/**
 * Moves large initializers to a separate file, as models beyond protobuf's 2 GiB require. Bytes are shared, not
 * copied.
 *
 * @param location name of the external data file, in the model's folder
 * @see https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
 */
export function externalize(model: ModelProto, location: string): ExternalizedModel {
  const blocks: ExternalBlock[] = [];
  let end = 0;
  const move = (t: TensorProto): TensorProto => {
    const { rawData: bytes, ...header } = t;
    if (bytes === undefined || !isWeight(t)) return t;
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + bytes.length;
    blocks.push({ offset, bytes });
    const length = String(bytes.length);
    return { ...header, ...external({ location, offset: String(offset), length }) };
  };
  const initializer = model.graph?.initializer?.map(move) ?? [];
  return { model: { ...model, graph: { ...model.graph, initializer } }, blocks };
}

/** Bytes of a tensor, and the name of the file that contains only them. */
export interface TensorFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/**
 * Moves each large initializer to a separate file, for readers that accept such files from memory. Bytes are shared,
 * not copied.
 */
export function splitWeights(model: ModelProto): {
  readonly model: ModelProto;
  readonly files: readonly TensorFile[];
} {
  const files: TensorFile[] = [];
  const initializer = model.graph?.initializer?.map((t): TensorProto => {
    const { rawData: data, ...header } = t;
    if (data === undefined || !isWeight(t)) return t;
    const path = `weights-${files.length}`;
    files.push({ path, data });
    return { ...header, ...external({ location: path, offset: "0", length: String(data.length) }) };
  });
  return { model: { ...model, graph: { ...model.graph, initializer: initializer ?? [] } }, files };
}

function external(entries: Record<string, string>): Partial<TensorProto> {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  return { externalData, dataLocation: 1 };
}
