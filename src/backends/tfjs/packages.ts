import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { BackendError } from "../../errors.js";
import type { Provider, ProviderOptions } from "./provider-names.js";

/** Resolves CommonJS packages as Node does, including NODE_PATH. */
const require = createRequire(import.meta.url);

/** tfjs-node and tfjs-node-gpu register under the same name in tfjs, so only the first one loaded is usable. */
let native: Provider | undefined;

/**
 * Loads the packages that register a provider with tfjs in Node. In browsers, packages.browser.ts replaces this
 * module.
 *
 * @throws {BackendError} if a package is missing, with the command that installs it
 */
export async function loadPackages(name: Provider, { wasmPaths }: ProviderOptions): Promise<void> {
  switch (name) {
    case "cpu":
      return;
    case "wasm": {
      const wasm = await import("@tensorflow/tfjs-backend-wasm");
      wasm.setWasmPaths(wasmPaths ?? folderOf("@tensorflow/tfjs-backend-wasm"));
      return;
    }
    case "node":
    case "node-gpu":
      if (native !== undefined && native !== name) {
        throw new BackendError(`${native} is already loaded; use ${name} in a separate process`);
      }
      requirePeer(name, `@tensorflow/tfjs-${name}`);
      native = name;
      return;
    case "webgl":
      throw new BackendError("webgl requires a browser; in Node use wasm, cpu, node or node-gpu");
    case "webgpu":
      requirePeer(name, "@tensorflow/tfjs-backend-webgpu");
  }
}

function folderOf(name: string): string {
  return dirname(require.resolve(name)) + sep;
}

function requirePeer(provider: Provider, name: string): void {
  try {
    require(name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const isMissing = reason.startsWith(`Cannot find module '${name}'`);
    throw new BackendError(
      isMissing
        ? `${provider} requires a package that is not installed: npm install ${name}`
        : `${name} is installed but does not load: ${reason}`,
      { cause: error },
    );
  }
}
