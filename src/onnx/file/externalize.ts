import type { ModelProto, TensorProto } from "./schema.js";

/** A tensor's bytes and their place in the file of weights. */
export interface ExternalBlock {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A model whose large tensors are in a file of their own. */
export interface ExternalizedModel {
  readonly model: ModelProto;
  readonly blocks: readonly ExternalBlock[];
}

/** Tensors below this stay in the model's file. */
const smallestExternal = 1024;

/** What the standard asks for: pages that can be mapped into memory. */
const alignment = 4096;

/** Bytes of all initializers. */
export function weightBytes(model: ModelProto): number {
  const tensors = model.graph?.initializer ?? [];
  return tensors.reduce((sum, t) => sum + (t.rawData?.length ?? 0), 0);
}

/**
 * The model with its large initializers in another file, which a message of protobuf beyond 2 GiB needs. Bytes are
 * shared, not copied.
 *
 * @param location name of that file, beside the model
 * @see https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
 */
export function externalize(model: ModelProto, location: string): ExternalizedModel {
  const blocks: ExternalBlock[] = [];
  let end = 0;
  const move = (t: TensorProto): TensorProto => {
    const { rawData: bytes, ...header } = t;
    if (bytes === undefined || bytes.length < smallestExternal) return t;
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + bytes.length;
    blocks.push({ offset, bytes });
    const entries = { location, offset: String(offset), length: String(bytes.length) };
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    return { ...header, externalData, dataLocation: 1 };
  };
  const initializer = model.graph?.initializer?.map(move) ?? [];
  return { model: { ...model, graph: { ...model.graph, initializer } }, blocks };
}
