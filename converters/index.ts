/**
 * `fullgrad/convert`: converts a model with its explanation to one ONNX file, or to a folder for tfjs.
 *
 * @module
 */
import { readGraph } from "../src/model/read-graph.js";
import { encodeModel } from "../src/onnx/file/encode.js";
import type { ExternalDataReader } from "../src/onnx/file/external-data.js";
import { describeConversion, type Origin } from "./onnx/describe-conversion.js";
import {
  convertToOnnx,
  type Conversion,
  type ConversionOptions,
} from "./onnx/onnx-to-fullgrad-onnx.js";

export { describeConversion, type Origin } from "./onnx/describe-conversion.js";
export {
  convertToOnnx,
  type Conversion,
  type ConversionOptions,
  type OutputReport,
} from "./onnx/onnx-to-fullgrad-onnx.js";
export { writeOnnxFile, type WriteOptions } from "./onnx/write-onnx-file.js";
export { convertToTfjs } from "./tfjs/onnx-to-tfjs.js";
export {
  convertToTfjsGraph,
  type TfjsGraph,
  type TfjsGraphOptions,
} from "./tfjs-graph/onnx-to-tfjs-graph.js";
export { readGraph } from "../src/model/read-graph.js";

/** A converted model, with the bytes of its file. */
export interface ConvertedFile extends Conversion {
  readonly file: Uint8Array;
}

export interface ConvertOptions extends ConversionOptions {
  /** The origin recorded in the file; by default the name of its graph. */
  readonly origin?: Partial<Origin> | undefined;
  /**
   * Reads external weight files, for a model given as bytes. By default, a model given by path reads the files beside
   * it.
   */
  readonly externalData?: ExternalDataReader | undefined;
}

/**
 * A self-explaining model: the model, its backward pass and the map as one ONNX file of standard operators.
 *
 * @param source a path (in a browser, a URL) of an .onnx file or a model.json, or an ONNX file's bytes
 * @returns the file's bytes, and the result of {@link convertToOnnx}. Weights above 2 GiB need {@link writeOnnxFile},
 * which writes them to a file beside the model.
 * @throws {UnsupportedModelError} @throws {TargetError} @throws {UsageError} @throws {InputError} as
 *   {@link convertToOnnx}
 *
 * @example
 * ```ts
 * const { file, outputs } = await convert("model.onnx", { target: "top" });
 * await writeFile("model.fullgrad.onnx", file);
 * ```
 */
export async function convert(
  source: string | Uint8Array,
  { origin, externalData, ...options }: ConvertOptions = {},
): Promise<ConvertedFile> {
  const graph = await readGraph(source, externalData);
  const conversion = convertToOnnx(graph, options);
  const from: Origin = { version: "", file: graph.name, sha256: "", ...origin };
  return { ...conversion, file: encodeModel(describeConversion(conversion, options, from)) };
}
