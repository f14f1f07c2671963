import { float32 } from "../src/tensor/tensor.js";
import type { FirstAnswer } from "./build/explain-first.js";
import type { Explained } from "./engine/protocol.js";

interface Numbers extends Omit<FirstAnswer, "explained"> {
  readonly explained: Omit<Explained, "map" | "view">;
  readonly dims: readonly number[];
  readonly width: number;
  readonly height: number;
}

/**
 * The methods, and the answer that the build computed for the first photograph (build/first-answer.ts).
 *
 * @throws {Error} if the page's files are incomplete
 */
export async function fetchFirstAnswer(): Promise<FirstAnswer> {
  const [json, bin] = await Promise.all(["json", "bin"].map(load));
  const { explained, dims, width, height, ...rest } = (await json!.json()) as Numbers;
  const arrays = await bin!.arrayBuffer();
  const count = dims.reduce((a, b) => a * b, 1);
  const map = float32(dims, new Float32Array(arrays, 0, count));
  const view = { width, height, data: new Uint8Array(arrays, count * 4) };
  return { ...rest, explained: { ...explained, map, view } };
}

async function load(ending: string): Promise<Response> {
  const response = await fetch(new URL(`first/answer.${ending}`, document.baseURI));
  if (!response.ok) throw new Error(`the page's file first/answer.${ending} is missing`);
  return response;
}
