import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Replaces modules by their browser versions. package.json maps the built files for bundlers; this maps the sources.
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
