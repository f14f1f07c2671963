import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { convertToTfjs } from "../../../converters/tfjs/onnx-to-tfjs.js";
import { convertToTfjsGraph } from "../../../converters/tfjs-graph/onnx-to-tfjs-graph.js";
import { writeTfjsFolder } from "../../../converters/tfjs/tfjs-weights.js";
import { portReport } from "../../runtime/inspection-report.js";
import { UsageError } from "../../errors.js";
import { readTfjsFolder } from "../../onnx/file/tfjs-folder.js";
import type { ConvertFlags } from "../flags/convert-options.js";
import { exitCodes } from "../exit-codes.js";
import { readModel } from "../input/model-file.js";
import { versions } from "../package-files.js";
import type { Reporter } from "../output/reporter.js";

/** `--to tfjs` and `--to tfjs-graph`: a folder with model.json and weight files. */
export async function convertToTfjsFolder(
  path: string,
  flags: ConvertFlags,
  reporter: Reporter,
): Promise<number> {
  checkFolder(flags.out, path);
  const { model } = await readModel(path, flags, { gradient: false });
  const half = flags.weights === "float16";
  const generatedBy = `fullgrad ${versions().fullgrad}`;
  const converted =
    flags.to === "tfjs"
      ? convertToTfjs(model.imported, { half, generatedBy })
      : await convertToTfjsGraph(model.analysis.forward(), {
          half,
          generatedBy,
          border: flags.border,
        });
  if (flags.to === "tfjs") await readBack(converted);
  const files = writeTfjsFolder(flags.out, converted.model, converted.weights);
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const { inputs, outputs } = model.imported;
  const isFixed = "dynamicBatch" in converted && !converted.dynamicBatch;
  reporter.document({
    model: path,
    files,
    bytes,
    inputs: inputs.map(portReport),
    outputs: outputs.map(portReport),
    ...("dynamicBatch" in converted ? { dynamicBatch: converted.dynamicBatch } : {}),
  });
  reporter.line(`${files[0]!}: ${files.length - 1} weight files, ${(bytes / 1e6).toFixed(1)} MB`);
  if (isFixed) reporter.note("the graph takes batches of the size that it was made for only");
  return exitCodes.done;
}

/** Checks that `load` can read the output. @throws {ModelFormatError} if not */
async function readBack({ model, weights }: ReturnType<typeof convertToTfjs>): Promise<void> {
  const json = JSON.stringify({ ...model, weightsManifest: weights.manifest });
  await readTfjsFolder(new TextEncoder().encode(json), (name) =>
    Promise.resolve(weights.shards.get(name) ?? new Uint8Array()),
  );
}

/** @throws {UsageError} if the folder is a file, or holds the source */
function checkFolder(out: string, source: string): void {
  if (existsSync(out) && !statSync(out).isDirectory()) {
    throw new UsageError(`"${out}" is a file; --to tfjs writes a folder`);
  }
  if (resolve(out) === resolve(dirname(source)) && source.endsWith("model.json")) {
    throw new UsageError(`"${out}" holds the model itself; choose another folder`);
  }
}
