import { decodeModel } from "./decode.js";
import { readExternalData, type ExternalDataReader } from "./external-data.js";
import type { ModelProto, TensorProto } from "./schema.js";

/** An ONNX model as given by the user. */
export interface ModelFile {
  /** Its path or URL; undefined for bytes. */
  readonly path?: string;
  read(): Promise<Uint8Array>;
  readonly externalData?: ExternalDataReader | undefined;
}

/**
 * The model file with values as additional outputs, for a third-party back end. Nothing else changes, except that
 * external weights are part of the model. If neither is needed, the original bytes are returned.
 *
 * @returns undefined if the file does not contain one of the values: it is inside a function, or was named by a pass of
 *   this library
 * @throws {ExternalDataError} if an external data file is missing
 */
export async function fileWithOutputs(
  file: ModelFile,
  wanted: readonly string[],
): Promise<Uint8Array | ModelProto | undefined> {
  const bytes = await file.read();
  const model = decodeModel(bytes);
  const graph = model.graph!;
  const declared = new Set(graph.output?.map(({ name }) => name));
  const made = new Set(graph.node?.flatMap((node) => node.output ?? []));
  const added = wanted.filter((name) => !declared.has(name));
  if (added.some((name) => !made.has(name))) return undefined;
  const external = await readExternalData(graph, file.externalData);
  if (added.length === 0 && external.size === 0) return bytes;
  const output = [...(graph.output ?? []), ...added.map((name) => ({ name }))];
  return withWeights({ ...model, graph: { ...graph, output } }, external);
}

function withWeights(
  model: ModelProto,
  external: ReadonlyMap<TensorProto, Uint8Array>,
): ModelProto {
  const initializer = model.graph?.initializer?.map((tensor) => {
    const rawData = external.get(tensor);
    if (!rawData) return tensor;
    return { ...tensor, rawData, externalData: [], dataLocation: 0 };
  });
  return initializer ? { ...model, graph: { ...model.graph, initializer } } : model;
}
