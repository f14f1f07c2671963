import type { Tensor as AnyTensor } from "@tensorflow/tfjs";
import type { Provider, ProviderOptions } from "./provider-names.js";
import { loadProvider, type Tf } from "./providers.js";

export type { Tf };
export type TfTensor = AnyTensor;

/** tfjs with one of its back ends started. */
export interface Engine {
  readonly tf: Tf;
  /** tfjs' name of the back end: "wasm", "cpu", "webgl", "webgpu", "tensorflow". */
  readonly backend: string;
  /**
   * Runs a synchronous function on this back end. tfjs has one current back end per process, which is restored
   * afterwards. Tensors that the function creates and does not return are freed, also if it throws.
   */
  use<T extends TfTensor[]>(work: () => T): T;
}

/** @throws {BackendError} if the provider is not installed or does not start */
export async function startEngine(provider: Provider, options?: ProviderOptions): Promise<Engine> {
  const { tf, backend } = await loadProvider(provider, options);
  return {
    tf,
    backend,
    use<T extends TfTensor[]>(work: () => T): T {
      const current = tf.engine().backendName;
      // For a back end that is already started, setBackend takes effect synchronously.
      if (current !== backend) void tf.setBackend(backend);
      try {
        return tf.tidy(work);
      } finally {
        if (current && current !== backend) void tf.setBackend(current);
      }
    },
  };
}
