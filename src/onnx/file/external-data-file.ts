import { open, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { ExternalDataError } from "../../errors.js";
import { checkLocation, type ExternalDataReader } from "./external-data.js";
import { MAX_FILE_BYTES } from "./limits.js";

/**
 * Reads external data from the folder of the model at `modelPath`. Symbolic links are resolved, and the target must
 * lie in the folder of the given path or in the folder of the model file that this path links to. (The Hugging Face
 * cache stores both files as links into one folder of blobs.) Node only.
 *
 * @throws {ExternalDataError} from the reader, if the file is missing, outside these folders, not a regular file, or
 *   too short
 */
export function externalDataFiles(modelPath: string): ExternalDataReader {
  return async (location, offset, length) => {
    const { path, named } = await fileBeside(modelPath, location);
    return readSlice(path, named, offset, length);
  };
}

/**
 * Reads whole files from the folder of the model at `modelPath`, under the same rules.
 *
 * @throws {ExternalDataError} from the reader, if the file is missing, outside these folders, not a regular file, or
 *   too large
 */
export function filesBeside(modelPath: string): (location: string) => Promise<Uint8Array> {
  return async (location) => {
    const { path, named } = await fileBeside(modelPath, location);
    const { size } = await regularFile(path, named);
    if (size > MAX_FILE_BYTES) {
      throw new ExternalDataError(`"${named}" has ${size} bytes, more than ${MAX_FILE_BYTES}`);
    }
    return readSlice(path, named, 0, size);
  };
}

async function fileBeside(
  modelPath: string,
  location: string,
): Promise<{ readonly path: string; readonly named: string }> {
  checkLocation(location, "external data");
  const named = join(dirname(resolve(modelPath)), location);
  const path = await locate(named);
  for (const folder of await foldersOf(modelPath)) {
    if (isInside(path, folder)) return { path, named };
  }
  throw new ExternalDataError(`"${named}" is a link that leads out of the model's folder`);
}

async function locate(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new ExternalDataError(
      `the file "${path}" is missing; keep it in the model's folder under its original name`,
      { cause },
    );
  }
}

async function foldersOf(modelPath: string): Promise<string[]> {
  return [await realpath(dirname(resolve(modelPath))), dirname(await realpath(modelPath))];
}

function isInside(path: string, folder: string): boolean {
  const rest = relative(folder, path);
  return rest !== "" && rest !== ".." && !rest.startsWith(`..${sep}`) && !isAbsolute(rest);
}

/** Maximum bytes per read. Node 20 aborts the process, instead of throwing, for reads of 2 GiB or more. */
const mostAtOnce = 2 ** 30;

async function readSlice(
  path: string,
  named: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  // Check before opening: opening a named pipe would block until it has a writer.
  const { size } = await regularFile(path, named);
  if (offset + length > size) {
    const wanted = `bytes ${offset} to ${offset + length}`;
    throw new ExternalDataError(`"${named}" has ${size} bytes, but the tensor needs ${wanted}`);
  }
  const bytes = new Uint8Array(length);
  const file = await open(path, "r");
  try {
    let done = 0;
    while (done < length) {
      const here = Math.min(length - done, mostAtOnce);
      const { bytesRead } = await file.read(bytes, done, here, offset + done);
      if (bytesRead === 0) throw new ExternalDataError(`"${named}" was truncated while being read`);
      done += bytesRead;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

async function regularFile(path: string, named: string): Promise<{ size: number }> {
  const stats = await stat(path);
  if (stats.isFile()) return stats;
  throw new ExternalDataError(`"${named}" is not a regular file`);
}
