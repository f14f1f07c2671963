import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Inspection, PortReport } from "../../runtime/inspection-report.js";
import { samplesFirst } from "../../target/target.js";
import { targetPort, type TargetPort } from "../../target/resolve.js";
import {
  InputError,
  LayoutError,
  ModelFormatError,
  TargetError,
  UnsupportedModelError,
  UsageError,
  insteadLines,
} from "../../errors.js";
import { load } from "../../model/load.js";
import type { Model } from "../../model/model.js";
import type { InspectionOptions, LoadOptions } from "../../model/model-options.js";
import { decidingFeeds } from "./deciding-feeds.js";
import { externalDataFiles } from "../../onnx/file/external-data-file.js";
import { UnexplainableModelError } from "../exit-codes.js";
import type { EngineFlags } from "../flags/engine.js";
import type { ModelFlags } from "../flags/model-flags.js";

type SpatialSize = readonly [height: number, width: number];

/** A model on disk, read and looked at. */
export interface InspectedModel {
  readonly path: string;
  /** The model file and its external weight files. */
  readonly files: readonly string[];
  readonly model: Model;
  readonly inspection: Inspection;
  readonly sha256: string;
  /** Hash of the external weights, if there are any. */
  readonly externalSha256?: string;
}

/** A model that can be explained. */
export interface ExplainableModel extends InspectedModel {
  readonly input: PortReport;
  readonly output: TargetPort;
}

export function sha256(data: Uint8Array | string): string {
  const hash = createHash("sha256");
  if (typeof data === "string") return hash.update(data).digest("hex");
  // Node takes less than 2 GiB at once.
  for (let at = 0; at < data.length; at += 2 ** 30) hash.update(data.subarray(at, at + 2 ** 30));
  return hash.digest("hex");
}

/**
 * Reads and inspects a model.
 *
 * @throws {UsageError} @throws {TargetError} for an --input-name, --output or --size that it does not have
 */
export async function readModel(
  path: string,
  flags: ModelFlags,
  {
    gradient,
    feed = [],
    ...options
  }: LoadOptions & { readonly gradient?: boolean; readonly feed?: readonly string[] } = {},
): Promise<InspectedModel> {
  const bytes = await readModelFile(path);
  const files = externalDataFiles(path);
  const parts: string[] = [];
  const paths = new Set([path]);
  const externalData: typeof files = async (location, offset, length) => {
    const part = await files(location, offset, length);
    parts.push(`${location} ${offset} ${sha256(part)}`);
    paths.add(join(dirname(path), location));
    return part;
  };
  const { inputName, output, layout, size, maxMemory, straightThrough } = flags;
  const model = await namingFile(path, () =>
    load(bytes, {
      ...options,
      externalData,
      ...{ input: inputName, output, layout, size, maxMemory, straightThrough },
    }),
  );
  const feeds = await decidingFeeds(feed, model.imported.inputs);
  const inspection = inspected(model, flags, { gradient, feeds });
  const external = parts.length > 0 ? { externalSha256: sha256(parts.sort().join("\n")) } : {};
  return { path, files: [...paths], model, inspection, sha256: sha256(bytes), ...external };
}

/** @throws {UsageError} if the path is a folder; lists the models in it */
async function readModelFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EISDIR") throw error;
    const names = (await readdir(path)).filter((name) => name.endsWith(".onnx"));
    const found = names.length > 0 ? `: ${names.slice(0, 5).join(", ")}` : ", but it holds none";
    throw new UsageError(`${path} is a folder; pass an .onnx file in it${found}`, { cause: error });
  }
}

/**
 * Reads a model in order to run it. Operators whose gradient is refused as they are used are found by its first
 * explanation.
 *
 * @param isDetector its detections are explained, each by a value of its own that is found when it runs
 * @throws {UnsupportedModelError} if operators stand in the way; lists all of them
 * @throws {UnexplainableModelError} if something else does
 * @throws {MemoryLimitError} if an input alone exceeds --max-memory
 */
export async function readExplainableModel(
  path: string,
  flags: ModelFlags &
    Partial<EngineFlags> &
    Pick<LoadOptions, "workers"> & { readonly feed?: readonly string[] },
  isDetector = false,
): Promise<ExplainableModel> {
  const { backend, provider, threads, workers, size, feed = [] } = flags;
  const engine = { backend, provider, threads, workers };
  const file = await readModel(path, flags, { ...engine, gradient: false, feed });
  const made = conversionOf(file);
  if (made !== undefined) {
    throw new UnexplainableModelError(
      `${path} is ${made}: it contains its explanation already, and any ONNX engine runs it; give the model that it was ` +
        "made from",
    );
  }
  const { unsupported, explainable, problem, input, output, instead } = file.inspection;
  if (isDetector && input) {
    const [first] = file.inspection.outputs as [PortReport];
    return { ...file, input, output: { name: first.name, shape: first.shape, classes: undefined } };
  }
  if (problem !== undefined) {
    const why = [problem, ...insteadLines(instead ?? [])];
    throw new UnexplainableModelError(`${path} cannot be explained: ${why.join("\n")}`);
  }
  if (!explainable || !input || !output) {
    const inTheWay = unsupported.filter((hole) => hole.needed);
    throw new UnsupportedModelError(inTheWay, instead);
  }
  file.model.checkInputMemory();
  const { name, ...fact } = output;
  const { image } = file.inspection;
  const samples = input.shape[image ? (image.batch ?? -1) : 0] ?? 1;
  // If the samples are on another axis of the output, one sample is run at a time.
  const port = targetPort({ name, fact }, samplesFirst(output.shape, samples) ? samples : 1);
  return { ...file, input: sized(input, image, size), output: port };
}

/** "a file that fullgrad convert made of cat.onnx (fullgrad, target top)"; undefined for other models. */
export function conversionOf({ model }: InspectedModel): string | undefined {
  const { metadata } = model.imported;
  const source = metadata.get("fullgrad.source");
  if (source === undefined) return undefined;
  const [method = "fullgrad", target = "top"] = ["method", "target"].map((key) =>
    metadata.get(`fullgrad.${key}`),
  );
  return `a file that fullgrad convert made of ${source} (${method}, target ${target})`;
}

/** The input with --size in place of an open height and width. */
function sized(
  port: PortReport,
  image: Inspection["image"],
  size: SpatialSize | undefined,
): PortReport {
  const spatial = image?.spatial ?? [2, 3];
  if (!size || spatial.length !== 2) return port;
  return { ...port, shape: port.shape.map((d, i) => size[spatial.indexOf(i)] ?? d) };
}

/** What is in the model, with errors that name the flag. */
function inspected(model: Model, flags: ModelFlags, options: InspectionOptions): Inspection {
  const { inputName, output } = flags;
  try {
    const inspection = model.inspect(options);
    checkSize(inspection, flags.size);
    return inspection;
  } catch (error) {
    if (error instanceof TargetError) {
      throw new TargetError(`--output ${output ?? ""}: ${error.message}`, { cause: error });
    }
    if (!(error instanceof InputError)) throw error;
    if (error instanceof LayoutError) throw new UsageError(`--${error.message}`, { cause: error });
    throw new UsageError(`--input-name ${inputName ?? ""}: ${error.message}`, { cause: error });
  }
}

function checkSize({ inputs, input, image }: Inspection, size: SpatialSize | undefined): void {
  for (const { name, shape } of size ? inputs : []) {
    const axes = name === input?.name && image ? image.spatial : shape.length === 4 ? [2, 3] : [];
    if (axes.length !== 2 || !size) continue;
    const [height, width] = axes.map((axis) => shape[axis]);
    const isFixed = (declared: unknown, wanted: number): boolean =>
      typeof declared === "number" && declared !== wanted;
    if (isFixed(height, size[0]) || isFixed(width, size[1])) {
      throw new UsageError(
        `--size ${size.join("x")}: input "${name}" is fixed at ${height!}x${width!}; leave the flag out`,
      );
    }
  }
}

/** Adds the file name to format errors. */
async function namingFile<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ModelFormatError)) throw error;
    throw new ModelFormatError(`${path}: ${error.message}`, { cause: error });
  }
}
