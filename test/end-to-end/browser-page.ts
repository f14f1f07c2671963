// Runs in the browser: called from browser-*.test.ts.
import { decodeImage, decodeNpy, encodePng, load, type LoadOptions } from "../../src/index.js";
import { loadTfjs } from "../../src/tfjs.js";

export interface BrowserExplanation {
  readonly target: number | string;
  readonly score: number;
  readonly conditioned: number;
  readonly map: Float32Array;
}

/** Explains a picture; both are URLs. */
export async function explain(
  model: string,
  image: string,
  options: LoadOptions,
): Promise<BrowserExplanation> {
  const loaded = await load(model, options);
  const x = await loaded.preprocess(image, "imagenet");
  const { target, score, completeness, map } = await loaded.explain(x);
  await loaded.dispose();
  const { conditioned } = completeness;
  return { target, score, conditioned, map: map.data };
}

/** The same for a preprocessed batch; `input` is the URL of a .npy file. Returns the maps of all samples. */
export async function explainArray(
  model: string,
  input: string,
  target: readonly number[],
  options: LoadOptions,
): Promise<{ scores: number[]; map: Float32Array }> {
  const loaded = await load(model, options);
  const x = decodeNpy(new Uint8Array(await (await fetch(input)).arrayBuffer()));
  const { samples, map } = await loaded.explain(x, { target });
  await loaded.dispose();
  return { scores: samples.map((s) => s.score), map: map.data };
}

/**
 * The number of tfjs tensors after one explanation, after `runs` more, and after disposing of the model.
 */
export async function countTensors(
  model: string,
  image: string,
  runs: number,
  options: LoadOptions,
): Promise<number[]> {
  const tf = await import("@tensorflow/tfjs");
  const loaded = await load(model, { ...options, backend: "tfjs" });
  const x = await loaded.preprocess(image, "imagenet");
  const counts: number[] = [];
  await loaded.explain(x);
  counts.push(tf.memory().numTensors);
  for (let run = 0; run < runs; run++) await loaded.explain(x);
  counts.push(tf.memory().numTensors);
  await loaded.dispose();
  counts.push(tf.memory().numTensors);
  return counts;
}

/**
 * The `tf.grad` gradient of a class of a folder written by `convert --to tfjs`, for a picture [1,3,H,W]; and the number of
 * tfjs tensors after one gradient, after `runs` more, and after disposing of the model.
 */
export async function differentiate(
  model: string,
  picture: Float32Array,
  dims: [number, number, number, number],
  target: number,
  runs: number,
  wasmPaths: string,
): Promise<{ score: number; gradient: Float32Array; counts: number[] }> {
  const tf = await import("@tensorflow/tfjs");
  const f = await loadTfjs(model, { wasmPaths });
  await tf.setBackend("wasm");
  const { numTensors } = tf.memory();
  const x = tf.tensor4d(picture, dims);
  const score = tf.valueAndGrad((v) => f.predict(v).slice([0, target], [1, 1]).asScalar());
  const counts: number[] = [];
  let [value, gradient] = [new Float32Array(0), new Float32Array(0)];
  for (let run = 0; run <= runs; run++) {
    const found = score(x);
    value = (await found.value.data()) as Float32Array<ArrayBuffer>;
    gradient = (await found.grad.data()) as Float32Array<ArrayBuffer>;
    tf.dispose(found);
    if (run === 0 || run === runs) counts.push(tf.memory().numTensors - numTensors);
  }
  f.dispose();
  x.dispose();
  counts.push(tf.memory().numTensors - numTensors);
  return { score: value[0]!, gradient, counts };
}

/** Size and SHA-256 of a picture's pixels, or the error message. */
export async function decode(url: string, bytes?: number): Promise<string> {
  const file = new Uint8Array(await (await fetch(url)).arrayBuffer());
  try {
    const { width, height, data } = await decodeImage(file.subarray(0, bytes), "the image");
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data.slice()));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${width} x ${height}: ${hex}`;
  } catch (error) {
    return String(error);
  }
}

/** A picture written as PNG and read back. */
export async function rewrite(url: string): Promise<boolean> {
  const raster = await decodeImage(new Uint8Array(await (await fetch(url)).arrayBuffer()), "it");
  const again = await decodeImage(await encodePng(raster), "it");
  return raster.data.every((value, i) => again.data[i] === value);
}
