import { BackendError } from "../../errors.js";
import type { Provider, ProviderOptions } from "./provider-names.js";

/** As in packages.ts, in a browser. webgl and cpu are in @tensorflow/tfjs itself. */
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
          "webgpu needs a package that is not in this page: npm install @tensorflow/tfjs-backend-webgpu",
          { cause: error },
        );
      }
      return;
    case "node":
    case "node-gpu":
      throw new BackendError(`${name} needs Node; in a browser there are wasm, cpu, webgl, webgpu`);
  }
}
