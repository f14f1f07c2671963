import { ModelFormatError } from "../errors.js";
import { halfToNumber } from "../tensor/half.js";
import { sizeOf } from "../tensor/shape.js";
import { float32, tensor, type Tensor } from "../tensor/tensor.js";
import { graphFromJson, type GraphJson } from "./graph-json.js";
import type { Graph } from "./ir.js";

/** What model.json of a converted model says of itself. (A plain tfjs graph says "graph-model".) */
export const folderFormat = "fullgrad-graph-model";

interface Manifest {
  readonly paths: readonly string[];
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: string;
    readonly quantization?: { readonly dtype: string };
  }[];
}

interface ModelJson {
  readonly format?: string;
  readonly modelTopology?: GraphJson;
  readonly weightsManifest?: readonly Manifest[];
}

/**
 * A model that `convert --to tfjs` wrote.
 *
 * @param json the bytes of its model.json
 * @param readShard reads a weight file by its name beside model.json
 * @throws {ModelFormatError} where it is something else, or a weight file is cut short
 */
export async function readTfjsFolder(
  json: Uint8Array,
  readShard: (name: string) => Promise<Uint8Array>,
): Promise<Graph> {
  const { format, modelTopology, weightsManifest = [] } = parse(json);
  if (format !== folderFormat || !modelTopology) {
    throw new ModelFormatError(
      `model.json says format "${format ?? ""}", not "${folderFormat}": it was not written by convert --to tfjs`,
    );
  }
  const weights = new Map<string, Tensor>();
  for (const { paths, weights: entries } of weightsManifest) {
    const bytes = joined(await Promise.all(paths.map(readShard)));
    let at = 0;
    for (const { name, shape, dtype, quantization } of entries) {
      const isHalf = quantization?.dtype === "float16";
      const length = sizeOf(shape) * (isHalf ? 2 : 4);
      const part = bytes.slice(at, at + length);
      if (part.length < length) {
        throw new ModelFormatError(
          `the weight files end within "${name}": ${bytes.length} bytes, ${at + length} wanted`,
        );
      }
      at += length;
      weights.set(name, tensorOf(part, shape, dtype, isHalf));
    }
  }
  return graphFromJson(modelTopology, weights);
}

function tensorOf(
  bytes: Uint8Array<ArrayBuffer>,
  dims: readonly number[],
  dtype: string,
  isHalf: boolean,
): Tensor {
  if (isHalf) return float32(dims, Float32Array.from(new Uint16Array(bytes.buffer), halfToNumber));
  if (dtype === "float32") return float32(dims, new Float32Array(bytes.buffer));
  if (dtype === "int32") return tensor("int32", dims, new Int32Array(bytes.buffer));
  throw new ModelFormatError(`weights of type ${dtype} are not known`);
}

function parse(json: Uint8Array): ModelJson {
  try {
    return JSON.parse(new TextDecoder().decode(json)) as ModelJson;
  } catch (error) {
    throw new ModelFormatError("model.json is not JSON", { cause: error });
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
