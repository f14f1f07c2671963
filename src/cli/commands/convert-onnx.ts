import { statSync } from "node:fs";
import { basename } from "node:path";
import { describeConversion } from "../../../converters/onnx/describe-conversion.js";
import {
  convertToOnnx,
  type ConversionOptions,
} from "../../../converters/onnx/onnx-to-fullgrad-onnx.js";
import { tryOnnxFile } from "../../../converters/onnx/try-onnx-file.js";
import { checkFree, writeOnnxFile } from "../../../converters/onnx/write-onnx-file.js";
import { UsageError } from "../../errors.js";
import { portReport } from "../../runtime/inspection-report.js";
import type { PlainTarget } from "../../target/target.js";
import type { ConvertFlags } from "../flags/convert-options.js";
import { exitCodes } from "../exit-codes.js";
import { readMethodSettings } from "../flags/method-settings.js";
import { chooseLabels } from "../flags/labels.js";
import { readExplainableModel, type ExplainableModel } from "../input/model-file.js";
import { versions } from "../package-files.js";
import { givenFlags } from "../flags/preprocessing-flags.js";
import { choosePreprocessing, preprocessingFor } from "../flags/preprocessing.js";
import type { Reporter } from "../output/reporter.js";
import { chooseTargetOrMask } from "../flags/mask-target.js";
import { withFlags } from "../flags/flag-names.js";

/** `--to onnx`: one file that answers and explains wherever ONNX runs. */
export async function convertToOnnxFile(
  path: string,
  flags: ConvertFlags,
  reporter: Reporter,
): Promise<number> {
  checkFree(flags.out, [path]);
  const isFolded = flags.preprocess !== undefined || givenFlags(flags).length > 0;
  const chosen = isFolded ? await choosePreprocessing(flags, path) : undefined;
  const source = await readExplainableModel(path, flags);
  const preprocessing = chosen && preprocessingFor(source.model, chosen, flags);
  const { sha256, externalSha256, files } = source;
  const { convention } = flags;
  const { method } = flags.method;
  const options: ConversionOptions = {
    input: flags.inputName,
    output: flags.output,
    layout: flags.layout,
    size: flags.size,
    batch: flags.batch,
    preprocessing: preprocessing?.settings,
    target: await targetIn(flags, source),
    method,
    settings: readMethodSettings([], [flags.method], { convention }).get(method),
    format: flags.outputFormat,
    extras: flags.with,
  };
  const conversion = convertToOnnx(source.model.imported, options);
  const model = describeConversion(conversion, options, {
    version: versions().fullgrad,
    file: basename(path),
    sha256,
    externalSha256,
  });
  const written = await writeOnnxFile(flags.out, model, {
    sources: files,
    check: (file) => tryOnnxFile(file, conversion.graph, flags.maxMemory),
  });
  const notes = conversion.notes.map(withFlags);
  for (const note of notes) reporter.note(note);

  const bytes = sizeOf(written);
  const ratio = bytes / sizeOf(files);
  const opset = conversion.graph.opsets.get("");
  const inputs = conversion.graph.inputs.map(portReport);
  const outputs = conversion.outputs.map((o) => ({ ...portReport(o), about: o.about }));
  const ir = Number(model.irVersion);
  reporter.document({
    model: path,
    files: written,
    bytes,
    ratio,
    opset,
    ir,
    inputs,
    outputs,
    notes,
  });
  const list = (title: string, ports: typeof inputs, about: readonly string[] = []): string[] =>
    ports.map(
      ({ name, dtype, shape }, i) =>
        `  ${title} ${name} ${dtype}[${shape.join(",")}]${about[i] ? `  ${about[i]}` : ""}`,
    );
  const abouts = outputs.map((o) => o.about);
  reporter.line(
    [
      `${written.join(", ")}: ${(bytes / 1e6).toFixed(1)} MB, ${ratio.toFixed(3)} times the source; ` +
        `operator set ${opset ?? 0}, IR ${ir}`,
      ...list("in ", inputs),
      ...list("out", outputs, abouts),
    ].join("\n"),
  );
  return exitCodes.done;
}

const sizeOf = (paths: readonly string[]): number =>
  paths.reduce((sum, path) => sum + statSync(path).size, 0);

async function targetIn(flags: ConvertFlags, source: ExplainableModel): Promise<PlainTarget> {
  const { target } = flags;
  if (target.kind === "input") return target;
  const labels = await chooseLabels(flags.labels, source.output.classes);
  const choice = await chooseTargetOrMask(target, labels, source);
  if ("kind" in choice && choice.kind === "top5") {
    throw new UsageError(
      "--target top5: a file explains one target at a time; top, or input, would work",
    );
  }
  return choice;
}
