import { ExternalDataError } from "../../src/errors.js";
import type { ExternalDataReader } from "../../src/onnx/file/external-data.js";
import { loadOnce } from "./load-once.js";
import type { Source } from "./protocol.js";
import type { Run } from "./workbench.js";

/** @throws {InputError} if it cannot be read */
export async function bytesOf(
  source: Source,
  { onProgress, signal }: Run,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof File) return new Uint8Array(await source.arrayBuffer());
  return loadOnce(source.url, onProgress, signal);
}

/** External weights, from files chosen together with the model. */
export function weightsIn(files: readonly File[]): ExternalDataReader {
  return async (location, offset, length) => {
    const name = location.replace(/^.*\//, "");
    const file = files.find((f) => f.name === name);
    if (!file) {
      throw new ExternalDataError(
        `the model keeps weights in "${location}": choose or drop that file, and the model is opened with it`,
      );
    }
    const bytes = new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
    if (bytes.length === length) return bytes;
    throw new ExternalDataError(
      `"${location}" has ${file.size} bytes, but the tensor occupies bytes ${offset} to ${offset + length}`,
    );
  };
}
