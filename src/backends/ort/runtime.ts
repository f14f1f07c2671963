import { BackendError } from "../../errors.js";

/** ONNX Runtime, as its packages for Node and for browsers have it alike. */
export type Ort = typeof import("onnxruntime-node");

export interface RuntimeOptions {
  /** Threads for one operator; ONNX Runtime's own choice (one a core) unless given. */
  readonly threads?: number | undefined;
  /**
   * Where a browser finds onnxruntime-web's .wasm and .mjs files: the URL of a folder, with a slash at its end. Bundlers
   * that know `new URL(…, import.meta.url)` put them in place; then it is not needed.
   */
  readonly wasmPaths?: string | undefined;
}

export type RuntimeLoader = (provider: string, options: RuntimeOptions) => Promise<Ort>;

export const defaultProvider = "cpu";

/**
 * Loads ONNX Runtime for an execution provider. In a browser runtime-web.ts stands for this file.
 *
 * @throws {BackendError} where it is not installed
 */
export const loadRuntime: RuntimeLoader = async () => {
  try {
    const module = (await import("onnxruntime-node")) as Ort & { default?: Ort };
    return module.default ?? module;
  } catch (error) {
    throw new BackendError("onnxruntime-node cannot be loaded: npm install onnxruntime-node", {
      cause: error,
    });
  }
};
