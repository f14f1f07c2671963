import { ModelFormatError } from "../../errors.js";
import { anything, count, fields, list, oneOf, readJson, text } from "../../files/json.js";
import { halfToNumber } from "../../tensor/half.js";
import { sizeOf } from "../../tensor/shape.js";
import { float32, tensor, type Tensor } from "../../tensor/tensor.js";
import { exportModel } from "../export.js";
import { graphFromJson } from "./graph-json.js";
import { importModel } from "../import/import.js";
import type { Graph } from "../ir.js";
import { shapeProblem } from "./limits.js";

/** The format field in model.json of a converted model. (A plain tfjs graph model has "graph-model".) */
export const folderFormat = "fullgrad-graph-model";

/** Reads only the format field, so that an error can report an unexpected format. */
const formatReader = fields({}, { format: anything });

const modelReader = fields({
  modelTopology: anything,
  weightsManifest: list(
    fields({
      paths: list(text),
      weights: list(
        fields(
          { name: text, shape: list(count), dtype: oneOf("float32", "int32") },
          { quantization: fields({ dtype: oneOf("float16") }) },
        ),
      ),
    }),
  ),
});

type FolderWeight = ReturnType<typeof modelReader>["weightsManifest"][number]["weights"][number];

/**
 * Reads a model written by `convert --to tfjs`.
 *
 * @param json the bytes of its model.json
 * @param readShard reads a weight file by its name relative to model.json
 * @throws {ModelFormatError} if it has another format, is inconsistent, or a weight file is truncated
 */
export async function readTfjsFolder(
  json: Uint8Array,
  readShard: (name: string) => Promise<Uint8Array>,
): Promise<Graph> {
  const content = new TextDecoder().decode(json);
  const { format } = readJson(content, formatReader, "model.json", ModelFormatError);
  if (format !== folderFormat) {
    throw new ModelFormatError(
      `model.json has format ${JSON.stringify(format ?? "")}, not "${folderFormat}": it was not written by fullgrad convert`,
    );
  }
  const model = readJson(content, modelReader, "model.json", ModelFormatError);
  const weights = new Map<string, Tensor>();
  const seen = new Set<string>();
  for (const { paths, weights: entries } of model.weightsManifest) {
    const parts: Uint8Array[] = [];
    for (const path of paths) {
      if (seen.has(path)) throw new ModelFormatError(`model.json names "${path}" twice`);
      seen.add(path);
      parts.push(await readShard(path));
    }
    const bytes = joined(parts);
    let at = 0;
    for (const entry of entries) {
      const length = bytesIn(entry);
      if (length > bytes.length - at) {
        throw new ModelFormatError(
          `the weight files are truncated within "${entry.name}": ${bytes.length} bytes, but ${at + length} are needed`,
        );
      }
      weights.set(entry.name, tensorOf(bytes.slice(at, at + length), entry));
      at += length;
    }
  }
  return checked(graphFromJson(model.modelTopology, weights));
}

/** @throws {ModelFormatError} if the shape is invalid */
function bytesIn({ name, shape, quantization }: FolderWeight): number {
  const problem = shapeProblem(shape);
  if (problem !== undefined) throw new ModelFormatError(`weight "${name}" has ${problem}`);
  return sizeOf(shape) * (quantization ? 2 : 4);
}

/** Applies the checks of the ONNX importer to this graph. */
async function checked(graph: Graph): Promise<Graph> {
  const { metadata } = graph;
  return { ...(await importModel(exportModel(graph))), metadata };
}

function tensorOf(
  bytes: Uint8Array<ArrayBuffer>,
  { shape, dtype, quantization }: FolderWeight,
): Tensor {
  if (quantization) {
    return float32(shape, Float32Array.from(new Uint16Array(bytes.buffer), halfToNumber));
  }
  if (dtype === "float32") return float32(shape, new Float32Array(bytes.buffer));
  return tensor("int32", shape, new Int32Array(bytes.buffer));
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
