import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { browserSources } from "../../web/build/browser-sources.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Bundles a script for browsers: `folder/script.js`, a module with the exports of `entry`, and its assets. */
export async function bundle(entry: string, folder: string): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: "error",
    publicDir: false,
    // Assets are resolved relative to the script, independent of its URL.
    base: "./",
    plugins: [browserSources()],
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: "es2023",
      minify: false,
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: entry,
        preserveEntrySignatures: "strict",
        output: { entryFileNames: "script.js" },
      },
    },
  });
}
