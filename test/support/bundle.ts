import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * The files that stand for others in a browser. Bundlers read it from package.json, where it speaks of the built files;
 * this speaks of their sources.
 */
export function browserSources(): Plugin {
  const { browser } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    browser: Readonly<Record<string, string>>;
  };
  const source = (built: string): string =>
    join(root, built.replace("./dist/", "").replace(/\.js$/, ".ts"));
  const instead = new Map(Object.entries(browser).map(([a, b]) => [source(a), source(b)]));
  return {
    name: "browser-sources",
    enforce: "pre",
    resolveId(specifier, importer) {
      if (!specifier.startsWith(".") || importer === undefined) return undefined;
      return instead.get(join(dirname(importer), specifier).replace(/\.js$/, ".ts"));
    },
  };
}

/** Bundles a script for browsers: `script.js` in `folder`, a module with the exports of `entry`, and all it needs. */
export async function bundle(entry: string, folder: string): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: "error",
    publicDir: false,
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
