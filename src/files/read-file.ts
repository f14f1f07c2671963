import { InputError } from "../errors.js";

/**
 * The bytes of a file. In a browser read-file-web.ts stands for this file.
 *
 * @param what the file in messages
 * @throws {InputError} where it cannot be read
 */
export async function readFile(path: string, what: string): Promise<Uint8Array> {
  const fs = await import("node:fs/promises");
  try {
    return await fs.readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot read ${what} "${path}": ${reason}`, { cause: error });
  }
}
