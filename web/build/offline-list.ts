import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/** Cached on first use: most users never choose WebGPU. */
const isOptional = (file: string): boolean => file.includes(".asyncify.");

/**
 * Writes the names of all built files into the service worker, with a version that changes with any of them. Built files
 * have content hashes in their names, except the engine's files and the page itself, whose bytes are hashed.
 */
export function offlineList(): Plugin {
  return {
    name: "offline-list",
    enforce: "post",
    generateBundle(_, bundle) {
      const worker = bundle["service-worker.js"];
      if (worker?.type !== "chunk") throw new Error("the build has no service-worker.js");
      const files = Object.values(bundle).filter((file) => file !== worker);
      const hash = createHash("sha256");
      for (const file of files) {
        hash.update(file.fileName).update(file.type === "chunk" ? file.code : file.source);
      }
      const listed = files.map((file) => file.fileName).filter((name) => !isOptional(name));
      const build = { version: hash.digest("hex").slice(0, 16), files: ["./", ...listed.sort()] };
      worker.code = worker.code.replace("__BUILD__", JSON.stringify(build));
    },
  };
}
