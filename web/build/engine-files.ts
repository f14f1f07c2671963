import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

/** The folder of ONNX Runtime's files in the built page. */
export const engineFolder = "engine";

/** The files of the plain and the WebGPU build. */
const names = ["", ".asyncify"].flatMap((kind) =>
  ["mjs", "wasm"].map((ending) => `ort-wasm-simd-threaded${kind}.${ending}`),
);

/**
 * Copies ONNX Runtime's .wasm files and their loader scripts, unbundled, to a separate folder: each thread starts from a
 * loader script.
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
        // A thread starts only if its script has the same isolation headers as the page.
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
