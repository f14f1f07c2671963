import {
  count,
  either,
  fields,
  finite,
  flag,
  list,
  number,
  readJson,
  record,
  text,
} from "../../files/json.js";
import { sha256 } from "../input/model-file.js";
import type { OutputFolder } from "./output-folder.js";

/** Sizes and hashes of a result's files, by name. */
export type Digests = Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;

export function digestsOf(
  files: readonly (readonly [name: string, content: Uint8Array | string])[],
): Digests {
  return Object.fromEntries(
    files.map(([name, content]) => [name, { bytes: sizeOf(content), sha256: sha256(content) }]),
  );
}

function sizeOf(content: Uint8Array | string): number {
  return typeof content === "string" ? Buffer.byteLength(content) : content.length;
}

/** The fields of a finished result. */
const finishedManifest = fields({
  files: record(text),
  digests: record(fields({ bytes: count, sha256: text })),
  target: either(finite, text),
  score: number,
  complete: flag,
  seconds: number,
  top5: list(fields({ class: count })),
});

/** True if the text is a manifest whose files are unchanged. */
export function isWhole(folder: OutputFolder, manifestText: string): boolean {
  try {
    const { files, digests } = readJson(manifestText, finishedManifest, "");
    return Object.entries(files).every(([kind, name]) => {
      if (kind === "manifest") return true;
      const digest = digests[name];
      const content = folder.readBytes(name);
      return content?.length === digest?.bytes && !!content && sha256(content) === digest?.sha256;
    });
  } catch {
    return false;
  }
}
