import { readFile } from "node:fs/promises";
import { UsageError } from "../../errors.js";
import { chooseInput } from "../../target/ports.js";
import { decodeModel } from "../../onnx/file/decode.js";
import { externalDataFiles } from "../../onnx/file/external-data-file.js";
import { importModel } from "../../onnx/import/import.js";
import { registry } from "../../ops/all.js";
import { prepare } from "../../passes/prepare.js";
import { asClassifier, type Classifier } from "../../train/classifier.js";
import type { Dataset } from "../../train/data/dataset.js";
import { smallCnn } from "../../train/networks/small-cnn.js";
import { smallResnet } from "../../train/networks/small-resnet.js";
import { sha256 } from "../input/model-file.js";
import type { ModelFlags } from "../flags/model-flags.js";

/** The built-in networks, by name. */
const builtIn = { "small-cnn": smallCnn, "small-resnet": smallResnet };

/** Whether this is the name of a built-in network, rather than a path. */
export const isBuiltIn = (path: string): path is keyof typeof builtIn =>
  Object.hasOwn(builtIn, path);

export interface RoarNetwork {
  readonly classifier: Classifier;
  readonly sha256: string;
}

/**
 * The network whose architecture is trained: a built-in one, made for the images, or that of an ONNX file.
 *
 * @throws {UsageError} if the file's network does not take these images or has too few classes
 */
export async function readNetwork(
  path: string,
  data: Dataset,
  flags: ModelFlags,
): Promise<RoarNetwork> {
  const { shape, classes } = data;
  if (isBuiltIn(path)) {
    return {
      classifier: asClassifier(builtIn[path](registry, { shape, classes }), registry),
      sha256: path,
    };
  }
  const bytes = await readFile(path);
  const graph = await importModel(decodeModel(bytes), externalDataFiles(path));
  const input = chooseInput(graph, flags.inputName);
  const declared = graph.inputs.find((port) => port.name === input)!.fact.shape;
  const wanted = [declared[0] ?? "N", ...shape];
  const fits =
    declared.length === wanted.length &&
    declared.every((d, i) => i === 0 || typeof d === "string" || d === wanted[i]);
  if (!fits) {
    throw new UsageError(
      `${path} takes [${declared.join(",")}], and the images are [${shape.join(",")}]`,
    );
  }
  const prepared = prepare(graph, registry, new Map([[input, wanted]]));
  const classifier = asClassifier(prepared, registry, {
    input,
    output: flags.output,
  });
  if (classifier.classes < classes) {
    throw new UsageError(
      `${path} tells ${classifier.classes} classes apart, and the images have ${classes}`,
    );
  }
  return { classifier, sha256: sha256(bytes) };
}
