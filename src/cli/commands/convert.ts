import { convertToOnnxFile } from "./convert-onnx.js";
import { convertToTfjsFolder } from "./convert-tfjs.js";
import type { ConvertFlags, Form } from "../flags/convert-options.js";
import { Reporter, type Io } from "../output/reporter.js";

/** Reads a model and writes it in another form. Returns the exit code. */
type Converter = (path: string, flags: ConvertFlags, reporter: Reporter) => Promise<number>;

const converters: Readonly<Record<Form, Converter>> = {
  onnx: convertToOnnxFile,
  tfjs: convertToTfjsFolder,
  "tfjs-graph": convertToTfjsFolder,
};

/** `fullgrad convert`: the portable forms of a model and its explanation. Returns the exit code. */
export async function convert(path: string, flags: ConvertFlags, io: Io): Promise<number> {
  return converters[flags.to](path, flags, new Reporter(io, flags));
}
