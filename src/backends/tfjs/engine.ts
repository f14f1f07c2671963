import type { Tensor as AnyTensor } from "@tensorflow/tfjs";
import type { Provider, ProviderOptions } from "./provider-names.js";
import { loadProvider, type Tf } from "./providers.js";

export type { Tf };
export type TfTensor = AnyTensor;

/** tfjs with one of its back ends ready. */
export interface Engine {
  readonly tf: Tf;
  /** tfjs' own name of the back end: "wasm", "cpu", "webgl", "webgpu", "tensorflow". */
  readonly backend: string;
  /**
   * Does something on this back end. tfjs has one current back end for the whole process: it is put back afterwards, so
   * the work must not wait for anything. Tensors that it makes and does not return are freed, also when it fails.
   */
  use<T extends TfTensor[]>(work: () => T): T;
}

/** @throws {BackendError} where the provider is not installed or does not start */
export async function startEngine(provider: Provider, options?: ProviderOptions): Promise<Engine> {
  const { tf, backend } = await loadProvider(provider, options);
  return {
    tf,
    backend,
    use<T extends TfTensor[]>(work: () => T): T {
      const current = tf.engine().backendName;
      // For a back end that has been started, setBackend does its work before it returns.
      if (current !== backend) void tf.setBackend(backend);
      try {
        return tf.tidy(work);
      } finally {
        if (current && current !== backend) void tf.setBackend(current);
      }
    },
  };
}
