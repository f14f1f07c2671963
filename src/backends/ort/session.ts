import type { InferenceSession as OrtInference, Tensor as OrtTensor } from "onnxruntime-node";
import type { DType } from "../../tensor/dtype.js";
import { tensor, type Tensor, type Tensors } from "../../tensor/tensor.js";
import type { Ort } from "./runtime.js";

export type SessionSettings = OrtInference.SessionOptions;

/** A session of ONNX Runtime, in this thread or in others. */
export interface OrtSession {
  run(feeds: Tensors): Promise<Tensors>;
  release(): Promise<void>;
}

/** Creates a session of an .onnx file: its bytes, or its path. @throws the engine's error */
export type CreateSession = (
  file: Uint8Array | string,
  settings: SessionSettings,
) => Promise<OrtSession>;

/** Sessions in this thread. While one is created and while it runs, Node's event loop stands still. */
export function sessionsOf(ort: Ort): CreateSession {
  const { InferenceSession } = ort;
  return async (file, settings) => {
    const session = await (typeof file === "string"
      ? InferenceSession.create(file, settings)
      : InferenceSession.create(file, settings));
    return {
      run: async (feeds) => {
        // Entries are own properties, whatever the names: an assignment to "__proto__" is not.
        const inputs = Array.from(feeds, ([name, { dtype, data, dims }]): [string, OrtTensor] => [
          name,
          new ort.Tensor(dtype as OrtTensor.Type, data, dims),
        ]);
        const results = await session.run(Object.fromEntries(inputs));
        return new Map(Object.entries(results).map(([name, t]) => [name, fromOrt(t)]));
      },
      release: () => session.release(),
    };
  };
}

/** A tensor of the engine as ours. */
export function fromOrt(t: Pick<OrtTensor, "type" | "data" | "dims">): Tensor {
  return tensor(t.type as DType, t.dims, t.data as never);
}
