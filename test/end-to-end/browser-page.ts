// Runs in the browser: called from browser-*.test.ts.
import { decodeImage, encodePng, load, type LoadOptions } from "../../src/index.js";

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
  return { target, score, conditioned, map: map.data as Float32Array };
}

/** Size and SHA-256 of a picture's pixels, or the message that says why there are none. */
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
