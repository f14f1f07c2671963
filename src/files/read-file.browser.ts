import { InputError } from "../errors.js";

/** Browser version of read-file.ts: fetches the bytes at a URL. */
export async function readFile(url: string, what: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new Error(`the server says ${response.status} ${response.statusText}`.trim());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot read ${what} "${url}": ${reason}`, { cause: error });
  }
}

/** A server has no folders to look into, and a request for a missing file is reported as an error: there is none. */
export function readFileIfPresent(): Promise<undefined> {
  return Promise.resolve(undefined);
}
