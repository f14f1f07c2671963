// Runs in the browser: called from browser-tfjs-graph.test.ts. It uses tfjs only, without this project.
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

setWasmPaths("/tfjs-wasm/");

/** The output of a model.json, opened as in any tfjs program. */
export async function answer(
  url: string,
  picture: Float32Array,
  dims: number[],
): Promise<{ dims: number[]; numbers: Float32Array; tensors: number }> {
  await tf.setBackend("wasm");
  const before = tf.memory().numTensors;
  const model = await tf.loadGraphModel(url);
  const x = tf.tensor(picture, dims);
  const y = model.predict(x) as tf.Tensor;
  const numbers = (await y.data()) as Float32Array;
  x.dispose();
  y.dispose();
  model.dispose();
  return { dims: y.shape, numbers, tensors: tf.memory().numTensors - before };
}
