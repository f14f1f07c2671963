import type { KernelBackend } from "@tensorflow/tfjs";
import { BackendError } from "../../errors.js";
import { loadPackages } from "./packages.js";
import type { Provider, ProviderOptions } from "./provider-names.js";
import { withoutListeners } from "./process-listeners.js";

/** The package TensorFlow.js. */
export type Tf = typeof import("@tensorflow/tfjs");

/** A started tfjs back end. It is not necessarily the current one. */
export interface LoadedProvider {
  readonly tf: Tf;
  /** tfjs' name of the back end: "wasm", "cpu", "webgl", "webgpu", "tensorflow". */
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
 * Loads and starts a tfjs back end once; the first call determines wasm paths and threads.
 *
 * @throws {BackendError} if its package is missing (with the command that installs it), or the back end does not
 *   start
 */
export function loadProvider(
  name: Provider,
  options: ProviderOptions = {},
): Promise<LoadedProvider> {
  const known = started.get(name);
  if (known) return known;
  const starting = start(name, options);
  started.set(name, starting);
  // After a failure, the next call tries again.
  starting.catch(() => started.delete(name));
  return starting;
}

async function start(name: Provider, options: ProviderOptions): Promise<LoadedProvider> {
  const tf = await loadTf();
  const backend = backendNames[name];
  const before = tf.getBackend() as string | undefined;
  await loadPackages(name, options);
  // tfjs-node makes itself the current back end when it is loaded.
  if (before !== undefined && before !== backend && before in tf.engine().registry) {
    void tf.setBackend(before);
  }
  try {
    await register(tf, backend);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackendError(`tfjs cannot start its back end ${name}: ${reason}`, {
      cause: error,
    });
  }
  return { tf, backend };
}

type Instance = KernelBackend & { firstUse?: boolean };
type Factory = () => Instance | Promise<Instance>;

async function loadTf(): Promise<Tf> {
  try {
    // In Node the package is a CommonJS module, with everything in `default`.
    const module = (await import("@tensorflow/tfjs")) as Tf & { default?: Tf };
    return module.default ?? module;
  } catch (error) {
    throw new BackendError("@tensorflow/tfjs cannot be loaded: npm install @tensorflow/tfjs", {
      cause: error,
    });
  }
}

/**
 * Starts a back end without making it current. `tf.setBackend` would block all other tfjs computations in the process
 * until it is done.
 */
async function register(tf: Tf, backend: string): Promise<void> {
  const engine = tf.engine();
  if (backend in engine.registry) return;
  const factory = tf.findBackendFactory(backend) as Factory | undefined;
  if (!factory) throw new Error("it is not supported");
  const instance = await withoutListeners(factory);
  // Suppress the cpu back end's seven-line advertisement for tfjs-node.
  if (instance.firstUse) instance.firstUse = false;
  engine.registry[backend] ??= instance;
}
