import { UsageError } from "../errors.js";
import { decodeModel } from "../onnx/file/decode.js";
import type { ExternalDataReader } from "../onnx/file/external-data.js";
import { importModel } from "../onnx/import/import.js";
import type { Graph } from "../onnx/ir.js";
import type { ModelFile } from "../onnx/file/model-file.js";
import { readTfjsFolder } from "../onnx/file/tfjs-folder.js";
import { readFile } from "../files/read-file.js";

/**
 * Reads the graph of an ONNX model, or of a folder written by `convert --to tfjs`.
 *
 * @param source a path (in a browser, a URL) of an .onnx file, of a model.json, or the bytes of an ONNX file
 * @throws {ModelFormatError} if the file is neither
 * @throws {ExternalDataError} if a weight file is missing
 */
export async function readGraph(
  source: string | Uint8Array,
  externalData?: ExternalDataReader,
): Promise<Graph> {
  if (typeof source !== "string") {
    checkBytes(source);
    return importModel(decodeModel(source), externalData);
  }
  const bytes = await readFile(source, "the model");
  if (isFolder(source)) {
    const { filesBeside } = await import("../onnx/file/external-data-file.js");
    return readTfjsFolder(bytes, filesBeside(source));
  }
  return importModel(decodeModel(bytes), externalData ?? (await externalDataOf(source)));
}

/** The ONNX file, read again on request; undefined for a folder of `convert --to tfjs`. */
export function modelFile(
  source: string | Uint8Array,
  externalData?: ExternalDataReader,
): ModelFile | undefined {
  if (typeof source !== "string") return { read: () => Promise.resolve(source), externalData };
  if (isFolder(source)) return undefined;
  return {
    path: source,
    read: () => readFile(source, "the model"),
    externalData: externalData ?? (async (...place) => (await externalDataOf(source))(...place)),
  };
}

/** Checks a value from JavaScript, which is untyped. */
function checkBytes(source: unknown): void {
  if (source instanceof Uint8Array) return;
  throw new UsageError(
    "a model is a path, or the bytes of an ONNX file as Uint8Array; new Uint8Array(buffer) has those of an ArrayBuffer",
  );
}

const isFolder = (source: string): boolean => /\.json(\?.*)?$/.test(source);

async function externalDataOf(source: string): Promise<ExternalDataReader> {
  const { externalDataFiles } = await import("../onnx/file/external-data-file.js");
  return externalDataFiles(source);
}
