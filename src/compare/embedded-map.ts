import type { Tensor } from "../tensor/tensor.js";

/**
 * A map embedded in a page. A value v is stored as the step round(65534 · (v − least) / (most − least)), 16 bits,
 * little-endian, row by row, in base64: the error is at most 1/131068 of the range. If there are negative numbers,
 * least is −most, so that zero is stored exactly.
 */
export interface EmbeddedMap {
  readonly height: number;
  readonly width: number;
  readonly least: number;
  readonly most: number;
  readonly steps: string;
}

const lastStep = 65534;

/** @param map [H,W], all numbers finite */
export function embedMap(map: Tensor<"float32">): EmbeddedMap {
  const [height, width] = map.dims.slice(-2) as [number, number];
  const lowest = map.data.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = map.data.reduce((a, b) => Math.max(a, b), -Infinity);
  const limit = Math.max(-lowest, highest);
  const [least, most] = lowest < 0 ? [-limit, limit] : [lowest, highest];
  const perStep = most > least ? lastStep / (most - least) : 0;
  const bytes = new Uint8Array(map.data.length * 2);
  const view = new DataView(bytes.buffer);
  map.data.forEach((v, i) => {
    view.setUint16(i * 2, Math.round((v - least) * perStep), true);
  });
  return { height, width, least, most, steps: toBase64(bytes) };
}

/** Bytes as base64, in Node and in a browser. */
export function toBase64(bytes: Uint8Array): string {
  // An argument list of all bytes would exceed the engine's limit.
  const chunk = 0x8000;
  let text = "";
  for (let i = 0; i < bytes.length; i += chunk) {
    text += String.fromCharCode(...bytes.subarray(i, i + chunk));
  }
  return btoa(text);
}
