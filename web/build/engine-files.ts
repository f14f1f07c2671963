import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

/** The folder of the page with ONNX Runtime's own files. */
export const engineFolder = "engine";

/** Of the plain build and of the one with WebGPU. */
const names = ["", ".asyncify"].flatMap((kind) =>
  ["mjs", "wasm"].map((ending) => `ort-wasm-simd-threaded${kind}.${ending}`),
);

/**
 * ONNX Runtime's .wasm files and the scripts that start them, in a folder of their own and as they are: its threads begin
 * with such a script, which must not be a part of ours.
 */
export function engineFiles(): Plugin {
  const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/wasm"));
  const read = (name: string): Uint8Array => readFileSync(join(folder, name));
  return {
    name: "engine-files",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = /^\/engine\/([^?]*)/.exec(request.url ?? "")?.[1] ?? "";
        if (!names.includes(name)) {
          next();
          return;
        }
        const type = name.endsWith(".wasm") ? "application/wasm" : "text/javascript";
        response.setHeader("Content-Type", type);
        // A thread begins only where its script is isolated as the page is.
        for (const [header, value] of Object.entries(server.config.server.headers)) {
          if (value !== undefined) response.setHeader(header, value);
        }
        response.end(read(name));
      });
    },
    generateBundle() {
      for (const name of names) {
        this.emitFile({ type: "asset", fileName: `${engineFolder}/${name}`, source: read(name) });
      }
    },
  };
}
