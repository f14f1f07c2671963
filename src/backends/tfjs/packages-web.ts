import { BackendError } from "../../errors.js";
import type { Provider, ProviderOptions } from "./providers.js";

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
      await import("@tensorflow/tfjs-backend-webgpu");
      return;
    case "node":
    case "node-gpu":
      throw new BackendError(`${name} needs Node; in a browser there are wasm, cpu, webgl, webgpu`);
  }
}
