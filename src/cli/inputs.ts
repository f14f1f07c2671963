import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { InputError, UsageError } from "../errors.js";
import { pictureExtensions } from "../image/picture-file.js";
import { messageOf } from "./exit-codes.js";
import { uniqueNames } from "./unique-names.js";

/** A file to explain. */
export interface InputFile {
  readonly path: string;
  /** What its output files begin with. */
  readonly name: string;
}

/** An input that could not be used, and why. */
export interface Failure {
  readonly input: string;
  readonly error: string;
}

export interface Inputs {
  readonly files: readonly InputFile[];
  readonly failures: readonly Failure[];
}

/** Of a folder, the files that are looked at. A file that is named itself may be called anything. */
const extensions: ReadonlySet<string> = new Set([...pictureExtensions, ".npy"]);

/**
 * The files that the arguments stand for. Folders are searched to the bottom, in alphabetical order, for images and
 * .npy files; hidden files and folders are passed over, and so is the output folder. A file that is reached twice counts
 * once.
 *
 * @throws {UsageError} where an argument is the output folder itself
 */
export async function findInputs(args: readonly string[], out: string): Promise<Inputs> {
  const outFolder = await realpath(out).catch(() => undefined);
  const failures: Failure[] = [];
  const paths = new Map<string, string>();
  for (const arg of args) {
    try {
      for (const path of await expand(arg, outFolder)) {
        if (!paths.has(resolve(path))) paths.set(resolve(path), path);
      }
    } catch (error) {
      if (error instanceof UsageError) throw error;
      failures.push({ input: arg, error: messageOf(error) });
    }
  }
  const list = [...paths.values()];
  const names = uniqueNames(list);
  return { files: list.map((path, i) => ({ path, name: names[i]! })), failures };
}

/** True for files that are read as arrays; all others are read as images. */
export function isArrayFile(path: string): boolean {
  return extname(path).toLowerCase() === ".npy";
}

/** @throws {InputError} where the file cannot be read */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new InputError(messageOf(error), { cause: error });
  }
}

async function expand(arg: string, outFolder: string | undefined): Promise<string[]> {
  if (!(await stat(arg)).isDirectory()) return [arg];
  if ((await realpath(arg)) === outFolder) {
    throw new UsageError(`-o ${arg}: results would be taken for inputs; name another folder`);
  }
  const found = await searchFolder(arg, new Set(outFolder === undefined ? [] : [outFolder]));
  if (found.length > 0) return found;
  throw new InputError(
    `folder ${arg} holds no input; ${[...extensions].join(", ")} files would be`,
  );
}

/** @param seen folders to pass over: the output folder, and those visited, as links may lead in a circle */
async function searchFolder(folder: string, seen: Set<string>): Promise<string[]> {
  const real = await realpath(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  const found: string[] = [];
  for (const entry of (await readdir(folder)).sort()) {
    if (entry.startsWith(".")) continue;
    const path = join(folder, entry);
    const kind = await stat(path).catch(() => undefined); // a link to nowhere
    if (kind?.isDirectory()) found.push(...(await searchFolder(path, seen)));
    else if (kind?.isFile() && extensions.has(extname(entry).toLowerCase())) found.push(path);
  }
  return found;
}
