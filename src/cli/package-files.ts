import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BackendError } from "../errors.js";

const { resolve } = createRequire(import.meta.url);

/** The folder of this package, whether it runs from src/ or from dist/src/. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Versions that a result depends on; null for an optional package that is not installed. */
export interface Versions {
  readonly fullgrad: string;
  readonly onnxruntime: string | null;
  readonly tfjs: string | null;
  readonly node: string;
}

export function versions(): Versions {
  return {
    fullgrad: versionIn(join(packageRoot(), "package.json")),
    onnxruntime: installedVersion("onnxruntime-node"),
    tfjs: installedVersion("@tensorflow/tfjs"),
    node: process.versions.node,
  };
}

/**
 * Checks that optional packages are installed, before any work that would end without them.
 *
 * @throws {BackendError} with the command that installs the missing ones
 */
export function requirePackages(purpose: string, names: readonly string[]): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  throw new BackendError(
    `${purpose} require packages that are not installed: npm install ${missing.join(" ")}`,
  );
}

/** The optional packages of this one, with the installed version or null. */
export function optionalPackages(): readonly {
  readonly name: string;
  readonly version: string | null;
}[] {
  const json = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  return Object.keys(json.peerDependencies).map((name) => ({
    name,
    version: installedVersion(name),
  }));
}

function isInstalled(name: string): boolean {
  try {
    resolve(name);
    return true;
  } catch {
    return false;
  }
}

function installedVersion(name: string): string | null {
  try {
    return versionIn(resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
