import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Inspection, PortReport } from "../analyzer/report.js";
import { targetPort, type TargetPort } from "../engine/target-words.js";
import {
  InputError,
  ModelFormatError,
  TargetError,
  UnsupportedModelError,
  UsageError,
  insteadLines,
} from "../errors.js";
import { load } from "../load.js";
import type { Model } from "../model.js";
import type { LoadOptions } from "../model-options.js";
import { externalDataFiles } from "../onnx/external-data-file.js";
import { UnexplainableModelError } from "./exit-codes.js";
import type { EngineFlags } from "./engine.js";
import type { ModelFlags } from "./model-flags.js";

type Size = readonly [height: number, width: number];

/** A model on disk, read and looked at. */
export interface ModelFile {
  readonly path: string;
  /** The path, and those of the weights in other files. */
  readonly files: readonly string[];
  readonly model: Model;
  readonly inspection: Inspection;
  readonly sha256: string;
  /** Of the weights in other files, where there are any. */
  readonly externalSha256?: string;
}

/** A model that can be explained. */
export interface ExplainableModel extends ModelFile {
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
 * Reads a model and says what is in it.
 *
 * @throws {UsageError} @throws {TargetError} for an --input-name, --output or --size that it does not have
 */
export async function readModel(
  path: string,
  flags: ModelFlags,
  options: LoadOptions = {},
): Promise<ModelFile> {
  const bytes = await readFile(path);
  const files = externalDataFiles(path);
  const parts: string[] = [];
  const paths = new Set([path]);
  const externalData: typeof files = async (location, offset, length) => {
    const part = await files(location, offset, length);
    parts.push(`${location} ${offset} ${sha256(part)}`);
    paths.add(join(dirname(path), location));
    return part;
  };
  const { inputName, output, size } = flags;
  const model = await namingFile(path, () =>
    load(bytes, {
      ...options,
      externalData,
      ...(inputName === undefined ? {} : { input: inputName }),
      ...(output === undefined ? {} : { output }),
      ...(size === undefined ? {} : { size }),
    }),
  );
  const inspection = inspected(model, flags);
  const external = parts.length > 0 ? { externalSha256: sha256(parts.sort().join("\n")) } : {};
  return { path, files: [...paths], model, inspection, sha256: sha256(bytes), ...external };
}

/**
 * Reads a model that shall be run.
 *
 * @throws {UnsupportedModelError} where operators stand in the way; lists all of them
 * @throws {UnexplainableModelError} where something else does
 */
export async function readExplainableModel(
  path: string,
  flags: ModelFlags & Partial<EngineFlags>,
): Promise<ExplainableModel> {
  const { backend, provider, threads, size } = flags;
  const options = {
    ...(backend === undefined ? {} : { backend }),
    ...(provider === undefined ? {} : { provider }),
    ...(threads === undefined ? {} : { threads }),
  };
  const file = await readModel(path, flags, options);
  const { unsupported, explainable, problem, input, output, instead } = file.inspection;
  if (problem !== undefined) {
    const why = [problem, ...insteadLines(instead ?? [])];
    throw new UnexplainableModelError(`${path} cannot be explained: ${why.join("\n")}`);
  }
  if (!explainable || !input || !output) {
    const inTheWay = unsupported.filter((hole) => hole.needed);
    throw new UnsupportedModelError(inTheWay, instead);
  }
  const { name, ...fact } = output;
  const port = targetPort({ name, fact }, input.shape[0] ?? 1);
  return { ...file, input: sized(input, size), output: port };
}

/** The input with --size in place of an open height and width. */
function sized(port: PortReport, size: Size | undefined): PortReport {
  if (!size || port.shape.length !== 4) return port;
  return { ...port, shape: [...port.shape.slice(0, 2), ...size] };
}

/** What is in the model, with errors that name the flag. */
function inspected(model: Model, flags: ModelFlags): Inspection {
  const { inputName, output } = flags;
  try {
    const inspection = model.inspect();
    checkSize(inspection, flags.size);
    return inspection;
  } catch (error) {
    if (error instanceof TargetError) {
      throw new TargetError(`--output ${output ?? ""}: ${error.message}`, { cause: error });
    }
    if (!(error instanceof InputError)) throw error;
    throw new UsageError(`--input-name ${inputName ?? ""}: ${error.message}`, { cause: error });
  }
}

function checkSize({ inputs }: Inspection, size: Size | undefined): void {
  for (const { name, shape } of size ? inputs : []) {
    const [, , height, width] = shape;
    if (shape.length !== 4 || !size) continue;
    const isFixed = (declared: unknown, wanted: number): boolean =>
      typeof declared === "number" && declared !== wanted;
    if (isFixed(height, size[0]) || isFixed(width, size[1])) {
      throw new UsageError(
        `--size ${size.join("x")}: input "${name}" is fixed at ${height!}x${width!}; leave the flag out`,
      );
    }
  }
}

/** Errors of the format say what is wrong; this adds the file's name. */
async function namingFile<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ModelFormatError)) throw error;
    throw new ModelFormatError(`${path}: ${error.message}`, { cause: error });
  }
}
