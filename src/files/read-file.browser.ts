import { InputError } from "../errors.js";

/** Browser version of read-file.ts: fetches the bytes at a URL. */
export async function readFile(url: string, what: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot read ${what} "${url}": ${reason}`, { cause: error });
  }
}

/** Always undefined: a server's folders cannot be listed, and requests for missing files are reported as errors. */
export function readFileIfPresent(): Promise<undefined> {
  return Promise.resolve(undefined);
}
