import { ExternalDataError } from "../../errors.js";
import { readFile } from "../../files/read-file.js";
import { checkLocation, type ExternalDataReader } from "./external-data.js";

/**
 * Browser version of external-data-file.ts: fetches external data relative to the model's URL. Each file is fetched
 * once and cached for the lifetime of the reader.
 */
export function externalDataFiles(modelUrl: string): ExternalDataReader {
  const files = new Map<string, Promise<Uint8Array>>();
  return async (location, offset, length) => {
    const url = urlBeside(modelUrl, location);
    const fetching = files.get(url) ?? readFile(url, "the weights");
    files.set(url, fetching);
    const bytes = await fetching;
    if (offset + length <= bytes.length) return bytes.slice(offset, offset + length);
    const wanted = `bytes ${offset} to ${offset + length}`;
    throw new ExternalDataError(
      `"${url}" has ${bytes.length} bytes, but the tensor needs ${wanted}`,
    );
  };
}

/** Browser version of external-data-file.ts: fetches whole files relative to the model's URL. */
export function filesBeside(modelUrl: string): (location: string) => Promise<Uint8Array> {
  return async (location) => readFile(urlBeside(modelUrl, location), "the weights");
}

function urlBeside(modelUrl: string, location: string): string {
  checkLocation(location, "external data");
  const { location: page } = globalThis as unknown as { location: { href: string } };
  const path = location.split("/").map(encodeURIComponent).join("/");
  return new URL(path, new URL(modelUrl, page.href)).href;
}
