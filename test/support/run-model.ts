import * as ort from "onnxruntime-node";
import type { DType } from "../../src/tensor/dtype.js";
import { tensor, type Tensors } from "../../src/tensor/tensor.js";

/** ONNX Runtime on the bytes of a model, without this library. */
export async function runModel(bytes: Uint8Array, feeds: Tensors): Promise<Tensors> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const inputs = [...feeds].map(([name, t]) => [
    name,
    new ort.Tensor(t.dtype as ort.Tensor.Type, t.data as never, t.dims),
  ]);
  const results = await session.run(Object.fromEntries(inputs) as ort.InferenceSession.FeedsType);
  await session.release();
  return new Map(
    Object.entries(results).map(([name, t]) => [
      name,
      tensor(t.type as DType, t.dims, t.data as never),
    ]),
  );
}
