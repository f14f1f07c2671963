import { readFile, rm } from "node:fs/promises";
import { writeTogether } from "../files/write-files.js";
import type { CheckpointStore } from "./checkpoint.js";

/**
 * A checkpoint store in one file. Writes are atomic: after a kill, the file is either the old or the new checkpoint.
 */
export function checkpointFile(path: string): CheckpointStore {
  return {
    read: () =>
      readFile(path).catch((error: unknown) => {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }),
    write: async (bytes) => {
      writeTogether([[path, bytes]]);
      return Promise.resolve();
    },
    remove: () => rm(path, { force: true }),
  };
}
