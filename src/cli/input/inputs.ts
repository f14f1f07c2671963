import { readFile, realpath, stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { InputError, UsageError } from "../../errors.js";
import { pictureExtensions } from "../../image/formats/picture-file.js";
import { messageOf } from "../exit-codes.js";
import { searchFolder, type Failure, type FolderContent } from "./search-folder.js";
import { uniqueNames } from "../unique-names.js";

/** An input file. */
export interface InputFile {
  readonly path: string;
  /** Prefix of its output files. */
  readonly name: string;
}

export type { Failure } from "./search-folder.js";

export interface Inputs {
  readonly files: readonly InputFile[];
  readonly failures: readonly Failure[];
  /** Files of other kinds in folders. */
  readonly skipped: readonly string[];
}

/** Of a folder, the files that are looked at. A file that is named itself may be called anything. */
const extensions: ReadonlySet<string> = new Set([...pictureExtensions, ".npy"]);

/**
 * The files that the arguments stand for. Folders are searched to the bottom, in alphabetical order, for images and
 * .npy files; hidden files and folders are passed over, and so is the output folder. A file that is reached twice counts
 * once.
 *
 * @throws {UsageError} if an argument is the output folder itself
 */
export async function findInputs(args: readonly string[], out: string): Promise<Inputs> {
  const outFolder = await realpath(out).catch(() => undefined);
  const failures: Failure[] = [];
  const skipped = new Set<string>();
  const paths = new Map<string, string>();
  for (const arg of args) {
    try {
      const found = await expand(arg, outFolder);
      for (const path of found.files) {
        if (!paths.has(resolve(path))) paths.set(resolve(path), path);
      }
      failures.push(...found.failures);
      for (const path of found.skipped) skipped.add(path);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      failures.push({ input: arg, error: messageOf(error) });
    }
  }
  const list = [...paths.values()];
  const names = uniqueNames(list);
  return {
    files: list.map((path, i) => ({ path, name: names[i]! })),
    failures,
    skipped: [...skipped],
  };
}

/** True for files that are read as arrays; all others are read as images. */
export function isArrayFile(path: string): boolean {
  return extname(path).toLowerCase() === ".npy";
}

/** @throws {InputError} if the file cannot be read */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new InputError(messageOf(error), { cause: error });
  }
}

async function expand(arg: string, outFolder: string | undefined): Promise<FolderContent> {
  if (!(await stat(arg)).isDirectory()) return { files: [arg], skipped: [], failures: [] };
  if ((await realpath(arg)) === outFolder) {
    throw new UsageError(`-o ${arg}: results would be taken for inputs; name another folder`);
  }
  const seen = new Set(outFolder === undefined ? [] : [outFolder]);
  const found = await searchFolder(arg, extensions, seen);
  if (found.files.length > 0 || found.failures.length > 0) return found;
  throw new InputError(
    `folder ${arg} holds no input; ${[...extensions].join(", ")} files would be`,
  );
}
