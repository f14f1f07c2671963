import { describeConversion } from "../../converters/onnx/describe-conversion.js";
import {
  convertToOnnx,
  type Conversion,
  type ConversionOptions,
} from "../../converters/onnx/onnx-to-fullgrad-onnx.js";
import type { Model } from "../../src/model/model.js";
import { encodeModel } from "../../src/onnx/file/encode.js";
import { toNumbers, type Tensors } from "../../src/tensor/tensor.js";
import { runModel } from "./run-model.js";

/** A converted model: the bytes of its file, and a session on them. */
export interface Converted extends Conversion {
  readonly bytes: Uint8Array;
  /** ONNX Runtime on the file, without this library. */
  run(feeds: Tensors): Promise<Tensors>;
}

export function convert(model: Model, options: ConversionOptions = {}): Converted {
  const conversion = convertToOnnx(model.imported, options);
  const origin = { version: "0", file: "model.onnx", sha256: "0" };
  const bytes = encodeModel(describeConversion(conversion, options, origin));
  return { ...conversion, bytes, run: (feeds) => runModel(bytes, feeds) };
}

/** The numbers of an output, by its name. */
export function numbersIn(results: Tensors, name: string): number[] {
  const value = results.get(name);
  if (!value) throw new Error(`no output "${name}"; there are ${[...results.keys()].join(", ")}`);
  return Array.from(toNumbers(value));
}
