import { BackendError } from "../../errors.js";
import type { Ort, RuntimeLoader, ThreadStarter } from "./runtime.js";

export const defaultProvider = "wasm";

/** Whether weights are passed separately from the model's file. */
export const takesFiles: boolean = false;

/** Browser version of runtime.ts, with providers wasm and webgpu. The first call determines threads and paths. */
export const loadRuntime: RuntimeLoader = async (provider, { threads, wasmPaths, wasmBinary }) => {
  const ort = await loadPackage(provider);
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  if (wasmBinary) ort.env.wasm.wasmBinary = await wasmBinary();
  return ort as unknown as Ort;
};

/** The wasm-only build is half the size of the WebGPU build. */
function loadPackage(provider: string): Promise<typeof import("onnxruntime-web")> {
  switch (provider) {
    case "wasm":
      return import("onnxruntime-web/wasm");
    case "webgpu":
      return import("onnxruntime-web/webgpu");
    default:
      throw new BackendError(
        `ONNX Runtime has no provider ${provider} in browsers; use wasm or webgpu`,
      );
  }
}

/** Not supported in browsers, where a page runs the whole library in a Web Worker. */
export const startThreads: ThreadStarter = () =>
  Promise.reject(
    new BackendError("workers are threads of Node; in a browser, load the model in a Web Worker"),
  );
