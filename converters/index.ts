/**
 * `fullgrad/convert`: a model with its explanation as one ONNX file, or as a folder that tfjs reads.
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

/** A converted model as the bytes of its file. */
export interface ConvertedFile extends Conversion {
  readonly file: Uint8Array;
}

export interface ConvertOptions extends ConversionOptions {
  /** What the file records of its source; by default the name of its graph. */
  readonly origin?: Partial<Origin> | undefined;
  /** Reads external weight files, for a model given as bytes. A path finds its own. */
  readonly externalData?: ExternalDataReader | undefined;
}

/**
 * A self-explaining model: the model, its backward pass and the map as one ONNX file of standard operators.
 *
 * @param source a path (in a browser, a URL) of an .onnx file or a model.json, or an ONNX file's bytes
 * @returns the file's bytes, and what {@link convertToOnnx} says about it. Weights above 2 GiB need
 *   {@link writeOnnxFile}, which puts them beside the model.
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
