import { InputError } from "../../src/errors.js";
import { loadedCache } from "../offline/loaded-cache.js";

/**
 * The bytes of a file of the page. A large one that is loaded before the service worker is installed is left in a cache
 * for it, so that it is downloaded once.
 *
 * @throws {InputError} if it cannot be loaded
 */
export async function loadOnce(
  url: string,
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const cache = await loadedCache();
  const kept = await cache?.match(url);
  if (kept) return new Uint8Array(await kept.arrayBuffer());
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const bytes = await readBody(response, onProgress);
    await cache?.put(url, new Response(bytes, { headers: response.headers }));
    return bytes;
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot load "${url}": ${reason}`, { cause: error });
  }
}

async function readBody(
  response: Response,
  onProgress: (done: number, total: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  // The length of a compressed body differs from the length of the file.
  const isPlain = !response.headers.has("content-encoding");
  const total = isPlain ? Number(response.headers.get("content-length") ?? 0) : 0;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  const reader = response.body!.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    done += part.value.length;
    onProgress(done, total);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
