import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { CheckpointStore } from "./checkpoint.js";

/** One file; a kill leaves the old one or the new one, never half of it. */
export function checkpointFile(path: string): CheckpointStore {
  return {
    read: () =>
      readFile(path).catch((error: unknown) => {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }),
    write: async (bytes) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.tmp`, bytes);
      await rename(`${path}.tmp`, path);
    },
    remove: () => rm(path, { force: true }),
  };
}
