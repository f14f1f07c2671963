import { BackendError } from "../../errors.js";

/** The API of ONNX Runtime, common to its packages for Node and for browsers. */
export type Ort = typeof import("onnxruntime-node");

export interface RuntimeOptions {
  /** Threads per operator. Default: ONNX Runtime's choice, one per core. */
  readonly threads?: number | undefined;
  /**
   * URL of the folder with onnxruntime-web's .wasm and .mjs files, ending in a slash. Not needed with bundlers that
   * support `new URL(…, import.meta.url)`.
   */
  readonly wasmPaths?: string | undefined;
}

export type RuntimeLoader = (provider: string, options: RuntimeOptions) => Promise<Ort>;

export const defaultProvider = "cpu";

/**
 * Since 1.29, ONNX Runtime on Linux and macOS writes a device ID to the user's cache folder and sends usage data to
 * Microsoft, unless this variable is set before its library is loaded. A value that is set already stays.
 */
function switchTelemetryOff(): void {
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
}

/**
 * Loads ONNX Runtime for an execution provider. In browsers, runtime.browser.ts replaces this module.
 *
 * @throws {BackendError} if the package is not installed
 */
export const loadRuntime: RuntimeLoader = async () => {
  switchTelemetryOff();
  try {
    const module = (await import("onnxruntime-node")) as Ort & { default?: Ort };
    return module.default ?? module;
  } catch (error) {
    throw new BackendError("onnxruntime-node cannot be loaded: npm install onnxruntime-node", {
      cause: error,
    });
  }
};
