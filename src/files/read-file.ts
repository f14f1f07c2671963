import { InputError } from "../errors.js";

/**
 * Reads a file. In browsers, read-file.browser.ts replaces this module.
 *
 * @param what description of the file for messages
 * @throws {InputError} if the file cannot be read
 */
export async function readFile(path: string, what: string): Promise<Uint8Array> {
  const fs = await import("node:fs/promises");
  try {
    const kind = await fs.stat(path);
    // A device such as /dev/zero has no end. A pipe may be a shell's <(command).
    if (kind.isCharacterDevice() || kind.isBlockDevice()) throw new Error("it is a device");
    return await fs.readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot read ${what} "${path}": ${reason}`, { cause: error });
  }
}

/** As {@link readFile}; undefined if there is no such file. */
export async function readFileIfPresent(
  path: string,
  what: string,
): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path, what);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { readonly code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
