import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { BackendError } from "../../errors.js";
import type { Provider, ProviderOptions } from "./provider-names.js";

/** CommonJS packages, found where Node finds such: in node_modules, and in NODE_PATH. */
const require = createRequire(import.meta.url);

/** tfjs-node and tfjs-node-gpu go by one name in tfjs: the first that is loaded is both. */
let native: Provider | undefined;

/**
 * Loads, in Node, the packages that register a provider with tfjs. In a browser, packages-web.ts stands for this file.
 *
 * @throws {BackendError} where one is missing, and how to install it
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
        throw new BackendError(`${native} is in use; ${name} needs a process of its own`);
      }
      requirePeer(name, `@tensorflow/tfjs-${name}`);
      native = name;
      return;
    case "webgl":
      throw new BackendError("webgl needs a browser; in Node there are wasm, cpu, node, node-gpu");
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
        ? `${provider} needs a package that is not installed: npm install ${name}`
        : `${name} is installed but does not load: ${reason}`,
      { cause: error },
    );
  }
}
