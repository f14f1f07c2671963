import { readFile, rename, writeFile } from "node:fs/promises";
import type { CheckpointStore } from "./checkpoint.js";

/** One file; a kill leaves the old one or the new one, never half of it. */
export function checkpointFile(path: string): CheckpointStore {
  return {
    read: () =>
      readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      }),
    write: async (bytes) => {
      await writeFile(`${path}.tmp`, bytes);
      await rename(`${path}.tmp`, path);
    },
  };
}
