import { BackendError } from "../../../errors.js";
import type { DType } from "../../../tensor/dtype.js";
import { fromNumbers, tensor, toNumbers, type Tensor } from "../../../tensor/tensor.js";
import type { Tf, TfTensor } from "../engine.js";
import { elementTypeOf } from "../lower/program-writer.js";

/** Converts a tensor to the representation of programs: 32-bit integers, float32 masks. */
export function toTf(tf: Tf, t: Tensor): TfTensor {
  const type = elementTypeOf(t.dtype);
  const dims = [...t.dims];
  if (t.dtype === "float32" || t.dtype === "int32") {
    return tf.tensor(t.data as Float32Array, dims, type);
  }
  const numbers = toNumbers(t);
  if (type === "float32") return tf.tensor(Float32Array.from(numbers), dims, type);
  const beyond = Array.from(numbers).find((v) => Math.abs(v) >= 2 ** 31);
  if (beyond !== undefined) {
    throw new BackendError(`tfjs supports 32-bit integers only; an input has the value ${beyond}`);
  }
  return tf.tensor(Int32Array.from(numbers), dims, type);
}

/** Converts a result to the dtype that the graph declares. */
export async function fromTf(t: TfTensor, dtype: DType, dims: readonly number[]): Promise<Tensor> {
  const data = await t.data();
  if (dtype === "float32") return tensor("float32", dims, data as Float32Array);
  return fromNumbers(dtype, dims, data);
}
