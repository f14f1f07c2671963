import { encodeModel } from "./encode.js";
import { decodeModel } from "./decode.js";
import { readExternalData, type ExternalDataReader } from "./external-data.js";
import type { ModelProto, TensorProto } from "./schema.js";

/** An ONNX model as given by the user. */
export interface ModelFile {
  read(): Promise<Uint8Array>;
  readonly externalData?: ExternalDataReader | undefined;
}

/**
 * Bytes of the model file with a value as an additional output, for a third-party back end. Nothing else changes,
 * except that external weights are embedded. If neither is needed, the original bytes are returned.
 *
 * @returns undefined if the file does not contain the value: it is inside a function, or was named by a pass of this
 *   library
 * @throws {ExternalDataError} if an external data file is missing
 */
export async function bytesWithOutput(
  file: ModelFile,
  output: string,
): Promise<Uint8Array | undefined> {
  const bytes = await file.read();
  const model = decodeModel(bytes);
  const graph = model.graph!;
  const isOutput = graph.output?.some(({ name }) => name === output) ?? false;
  const isValue = graph.node?.some((node) => node.output?.includes(output)) ?? false;
  if (!isOutput && !isValue) return undefined;
  const external = await readExternalData(graph, file.externalData);
  if (isOutput && external.size === 0) return bytes;
  const outputs = [...(graph.output ?? []), ...(isOutput ? [] : [{ name: output }])];
  return encodeModel(withWeights({ ...model, graph: { ...graph, output: outputs } }, external));
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
