import { decodeModel } from "./onnx/decode.js";
import type { ExternalDataReader } from "./onnx/external-data.js";
import { importModel } from "./onnx/import.js";
import type { Graph } from "./onnx/ir.js";
import { readTfjsFolder } from "./onnx/tfjs-folder.js";
import { readFile } from "./read-file.js";

/**
 * The graph of an ONNX model, or of one that `convert --to tfjs` wrote.
 *
 * @param source a path (in a browser, a URL) of an .onnx file, of a model.json, or the bytes of an ONNX file
 * @throws {ModelFormatError} where it is neither @throws {ExternalDataError} where a file of weights is missing
 */
export async function readGraph(
  source: string | Uint8Array,
  externalData?: ExternalDataReader,
): Promise<Graph> {
  if (typeof source !== "string") return importModel(decodeModel(source), externalData);
  const bytes = await readFile(source, "the model");
  const { externalDataFiles, filesBeside } = await import("./onnx/external-data-file.js");
  if (/\.json(\?.*)?$/.test(source)) return readTfjsFolder(bytes, filesBeside(source));
  return importModel(decodeModel(bytes), externalData ?? externalDataFiles(source));
}
