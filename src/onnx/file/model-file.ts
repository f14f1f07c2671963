import { encodeModel } from "./encode.js";
import { decodeModel } from "./decode.js";
import { readExternalData, type ExternalDataReader } from "./external-data.js";
import type { ModelProto, TensorProto } from "./schema.js";

/** An ONNX model as it was given. */
export interface ModelFile {
  read(): Promise<Uint8Array>;
  readonly externalData?: ExternalDataReader | undefined;
}

/**
 * The bytes of a file in which a value is an output, for an engine of somebody else's: nothing but that output is added,
 * and weights that lie in other files are put in. A file that needs neither keeps its bytes.
 *
 * @returns undefined where the file has no such value: it lies inside a function, or our own passes named it
 * @throws {ExternalDataError} where a file of weights is missing
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
