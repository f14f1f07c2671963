import type { KernelBackend } from "@tensorflow/tfjs";
import { BackendError } from "../../errors.js";
import { loadPackages } from "./packages.js";
import { withoutListeners } from "./process-listeners.js";

/** TensorFlow.js, the package. */
export type Tf = typeof import("@tensorflow/tfjs");

/** What can run tfjs; the first is the default. */
export const providers = ["wasm", "cpu", "node", "node-gpu", "webgl", "webgpu"] as const;
export type Provider = (typeof providers)[number];

export interface ProviderOptions {
  /**
   * Where a browser finds the .wasm files of @tensorflow/tfjs-backend-wasm: the URL of a folder, with a slash at its end.
   * Beside the script unless given. In Node they are in the package.
   */
  readonly wasmPaths?: string;
  /** Threads of the wasm provider, in a cross-origin isolated page; one a core unless given. */
  readonly threads?: number;
}

/** A back end of tfjs that has started. It is not made the current one. */
export interface LoadedProvider {
  readonly tf: Tf;
  /** tfjs' own name of the back end: "wasm", "cpu", "webgl", "webgpu", "tensorflow". */
  readonly backend: string;
}

const backendNames: Readonly<Record<Provider, string>> = {
  wasm: "wasm",
  cpu: "cpu",
  node: "tensorflow",
  "node-gpu": "tensorflow",
  webgl: "webgl",
  webgpu: "webgpu",
};

const started = new Map<Provider, Promise<LoadedProvider>>();

/**
 * Loads and starts a back end of tfjs, once; wasm paths and threads are those of the first call.
 *
 * @throws {BackendError} where its package is missing (and how to install it), or where it does not start here
 */
export function loadProvider(
  name: Provider,
  options: ProviderOptions = {},
): Promise<LoadedProvider> {
  const known = started.get(name);
  if (known) return known;
  const starting = start(name, options);
  started.set(name, starting);
  // What failed may be put right and tried again.
  starting.catch(() => started.delete(name));
  return starting;
}

async function start(name: Provider, options: ProviderOptions): Promise<LoadedProvider> {
  const tf = await loadTf();
  const backend = backendNames[name];
  const before = tf.getBackend() as string | undefined;
  await loadPackages(name, options);
  // tfjs-node makes itself the current one when it is loaded.
  if (before !== undefined && before !== backend && before in tf.engine().registry) {
    void tf.setBackend(before);
  }
  try {
    await register(tf, backend);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError(`tfjs does not start its back end ${name} here: ${reason}`, {
      cause: error,
    });
  }
  return { tf, backend };
}

type Instance = KernelBackend & { firstUse?: boolean };
type Factory = () => Instance | Promise<Instance>;

async function loadTf(): Promise<Tf> {
  try {
    // In Node it is a CommonJS module, all of it in `default`.
    const module = (await import("@tensorflow/tfjs")) as Tf & { default?: Tf };
    return module.default ?? module;
  } catch (error) {
    throw new BackendError("@tensorflow/tfjs cannot be loaded: npm install @tensorflow/tfjs", {
      cause: error,
    });
  }
}

/**
 * Starts a back end that is not started yet. `tf.setBackend` would do it too, but would keep everybody else in the
 * process from computing until it is done.
 */
async function register(tf: Tf, backend: string): Promise<void> {
  const engine = tf.engine();
  if (backend in engine.registry) return;
  const factory = tf.findBackendFactory(backend) as Factory | undefined;
  if (!factory) throw new Error("it is not supported");
  const instance = await withoutListeners(factory);
  // The cpu back end would print an advertisement for tfjs-node, seven lines.
  if (instance.firstUse) instance.firstUse = false;
  engine.registry[backend] ??= instance;
}
