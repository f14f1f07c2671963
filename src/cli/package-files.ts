import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, whether it runs from src/ or from dist/src/. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Versions that a result depends on. */
export interface Versions {
  readonly fullgrad: string;
  readonly onnxruntime: string;
  readonly tfjs: string;
  readonly node: string;
}

export function versions(): Versions {
  const resolve = createRequire(import.meta.url).resolve;
  return {
    fullgrad: versionIn(join(packageRoot(), "package.json")),
    onnxruntime: versionIn(resolve("onnxruntime-node/package.json")),
    tfjs: versionIn(resolve("@tensorflow/tfjs/package.json")),
    node: process.versions.node,
  };
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
