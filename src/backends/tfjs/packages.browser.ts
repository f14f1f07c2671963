import { BackendError } from "../../errors.js";
import type { Provider, ProviderOptions } from "./provider-names.js";

/** Browser version of packages.ts. Providers webgl and cpu are part of @tensorflow/tfjs. */
export async function loadPackages(
  name: Provider,
  { wasmPaths, threads }: ProviderOptions,
): Promise<void> {
  switch (name) {
    case "cpu":
    case "webgl":
      return;
    case "wasm": {
      const wasm = await import("@tensorflow/tfjs-backend-wasm");
      if (wasmPaths !== undefined) wasm.setWasmPaths(wasmPaths);
      if (threads !== undefined) wasm.setThreadsCount(threads);
      return;
    }
    case "webgpu":
      try {
        await import("@tensorflow/tfjs-backend-webgpu");
      } catch (error) {
        throw new BackendError(
          "webgpu requires a package that is not part of this page: npm install @tensorflow/tfjs-backend-webgpu",
          { cause: error },
        );
      }
      return;
    case "node":
    case "node-gpu":
      throw new BackendError(`${name} requires Node; in browsers use wasm, cpu, webgl or webgpu`);
  }
}
