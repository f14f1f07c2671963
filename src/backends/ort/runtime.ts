import { BackendError } from "../../errors.js";
import type { CreateSession } from "./session.js";

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
  /** In browsers, the bytes of the .wasm file, for a caller that loads it itself; the other files are at `wasmPaths`. */
  readonly wasmBinary?: (() => Promise<ArrayBuffer>) | undefined;
}

export type RuntimeLoader = (provider: string, options: RuntimeOptions) => Promise<Ort>;

export const defaultProvider = "cpu";

/** Whether weights are passed separately from the model's file. */
export const takesFiles: boolean = true;

/**
 * Since 1.29, ONNX Runtime on Linux and macOS writes a device ID to the user's cache folder and sends usage data to
 * Microsoft, unless this variable is set before its library is loaded. An existing value is kept.
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
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new BackendError(
      `onnxruntime-node cannot be loaded (${reason}). On Linux its install script downloads CUDA libraries, and npm ` +
        "omits the package if that fails; to install without them: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node",
      { cause: error },
    );
  }
};

/** Worker threads in which sessions are created. */
export interface StartedThreads {
  readonly create: CreateSession;
  /** Cores per worker. */
  readonly coresEach: number;
}

export type ThreadStarter = (count: number) => Promise<StartedThreads>;

/** Prepares threads for sessions. In browsers, runtime.browser.ts replaces it. */
export const startThreads: ThreadStarter = async (count) => {
  const [{ SessionThreads }, { availableParallelism }] = await Promise.all([
    import("./session-threads.js"),
    import("node:os"),
  ]);
  const threads = new SessionThreads(count);
  return {
    create: (file, settings) => threads.create(file, settings),
    coresEach: Math.max(1, Math.floor(availableParallelism() / count)),
  };
};
