import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { UsageError } from "../../src/errors.js";
import { encodeModel } from "../../src/onnx/file/encode.js";
import { externalize, weightBytes } from "../../src/onnx/file/externalize.js";
import type { ModelProto } from "../../src/onnx/file/schema.js";
import { writeChecked } from "../../src/files/write-files.js";

/** Largest size of weights in one file: protobuf is limited to 2 GiB, and the graph takes up to 64 MiB of them. */
const maxInlineBytes = 2 ** 31 - 2 ** 26;

export interface WriteOptions {
  /** Files that must not be overwritten: the source. */
  readonly sources?: readonly string[];
  /** Largest size of weights in the model file, in bytes; larger ones go to a separate file beside it. */
  readonly maxInlineBytes?: number;
  /** Called with the path of the written model under a temporary name; if it throws, no file is kept. */
  readonly check?: (path: string) => Promise<void>;
}

/**
 * Writes a model, and first `PATH.data` beside it if its weights exceed protobuf's limit.
 *
 * @returns the paths written, the model first
 * @throws {UsageError} if the path is a folder or a file of the source
 */
export async function writeOnnxFile(
  path: string,
  model: ModelProto,
  { sources = [], maxInlineBytes: limit = maxInlineBytes, check }: WriteOptions = {},
): Promise<readonly string[]> {
  const data = `${path}.data`;
  const isSplit = weightBytes(model) > limit;
  const paths = isSplit ? [path, data] : [path];
  for (const target of paths) checkFree(target, sources);
  const split = isSplit ? externalize(model, basename(data)) : undefined;
  const bytes = encodeModel(split?.model ?? model);
  await writeChecked(
    split
      ? [
          [data, split.blocks],
          [path, bytes],
        ]
      : [[path, bytes]],
    async (folder) => check?.(join(folder, basename(path))),
  );
  return paths;
}

/** @throws {UsageError} if the path is a folder or a file of the source */
export function checkFree(path: string, sources: readonly string[]): void {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    throw new UsageError(`-o ${path} is a folder; name a file, such as model.fullgrad.onnx`);
  }
  const real = realpathSync(path);
  const isSource = sources.some((source) => existsSync(source) && realpathSync(source) === real);
  if (isSource) throw new UsageError(`-o ${path} is the source itself; name another file`);
}
