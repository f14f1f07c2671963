import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig } from "vite";
import { browserSources } from "./build/browser-sources.js";
import { engineFiles } from "./build/engine-files.js";
import { firstAnswer } from "./build/first-answer.js";
import { offlineList } from "./build/offline-list.js";
import { pagePolicy } from "./build/page-policy.js";

const root = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "../package.json"), "utf8")) as {
  version: string;
};

/** These headers make the page cross-origin isolated, which threads need. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig(({ command }) => ({
  root,
  // Relative paths, so that the page works in any folder of any server.
  base: "./",
  publicDir: false,
  plugins: [browserSources(), engineFiles(), firstAnswer(), offlineList(), pagePolicy()],
  define: { FULLGRAD_VERSION: JSON.stringify(version), IS_BUILT: command === "build" },
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", ...defaultClientConditions] },
  // Vite finds these only when the worker imports them, and would then reload the page during use.
  optimizeDeps: {
    include: [
      ...["protobufjs/minimal.js", "onnxruntime-web/wasm", "onnxruntime-web/webgpu"],
      "jpeg-js",
    ],
    // They load their .wasm files from their own folder.
    exclude: ["@jsquash/jpeg", "@jsquash/webp"],
  },
  worker: { format: "es", plugins: () => [browserSources()] },
  server: { headers: isolation, fs: { allow: [".."] } },
  preview: { headers: isolation },
  build: {
    outDir: "dist",
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: {
        index: join(root, "index.html"),
        "service-worker": join(root, "offline/service-worker.ts"),
      },
      output: {
        entryFileNames: ({ name }) =>
          name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js",
      },
    },
  },
}));
