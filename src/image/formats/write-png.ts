import { crc32 } from "./crc32.js";
import { deflate } from "./packages.js";
import type { Raster } from "../raster.js";

/**
 * Encodes an 8-bit PNG file (https://www.w3.org/TR/png-3/): indexed if the picture has at most 256 colours, else RGB;
 * RGBA with `alpha`, the opacity of each pixel.
 *
 * Rows are filtered with Up, and only runs of equal bytes are matched ({@link deflate}): docs/performance.md compares
 * time and size with pngjs.
 */
export async function writePng(raster: Raster, alpha?: Uint8Array): Promise<Uint8Array> {
  const { width, height } = raster;
  const indexed = alpha ? undefined : indexedOf(raster);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, indexed ? 3 : alpha ? 6 : 2], 8);
  const rows = indexed
    ? filterUp(indexed.pixels, width, height)
    : alpha
      ? filterUp(interleaved(raster, alpha), width * 4, height)
      : filterUp(raster.data, width * 3, height);
  return join([
    signature,
    chunk("IHDR", header),
    ...(indexed ? [chunk("PLTE", indexed.palette)] : []),
    chunk("IDAT", await deflate(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** R, G, B, A of each pixel. */
function interleaved({ data }: Raster, alpha: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(alpha.length * 4);
  for (let i = 0; i < alpha.length; i++) {
    pixels.set(data.subarray(i * 3, i * 3 + 3), i * 4);
    pixels[i * 4 + 3] = alpha[i]!;
  }
  return pixels;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Length, type, data, CRC of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Each row as the number of its filter and the differences from the row above. */
function filterUp(data: Uint8Array, length: number, height: number): Uint8Array {
  const up = 2;
  const rows = new Uint8Array((length + 1) * height);
  for (let y = 0, at = 0; y < height; y++) {
    const start = y * length;
    rows[at++] = up;
    if (y === 0) rows.set(data.subarray(0, length), at);
    else
      for (let i = 0; i < length; i++) rows[at + i] = data[start + i]! - data[start - length + i]!;
    at += length;
  }
  return rows;
}

/** Slots of the hash table of colours, a power of two well above 256. */
const slots = 1024;

/** The pixels as indices into a palette ordered from dark to light; undefined for more than 256 colours. */
function indexedOf({ data }: Raster): { pixels: Uint8Array; palette: Uint8Array } | undefined {
  const pixels = new Uint8Array(data.length / 3);
  // Each slot holds a colour + 1 (0: empty), and the colour's index.
  const [keys, indices] = [new Uint32Array(slots), new Uint8Array(slots)];
  const colors: number[] = [];
  for (let i = 0; i < pixels.length; i++) {
    const at = i * 3;
    const key = ((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!) + 1;
    let slot = Math.imul(key, 0x9e3779b1) >>> 22;
    while (keys[slot] !== key && keys[slot] !== 0) slot = (slot + 1) % slots;
    if (keys[slot] === 0) {
      if (colors.length === 256) return undefined;
      keys[slot] = key;
      indices[slot] = colors.length;
      colors.push(key - 1);
    }
    pixels[i] = indices[slot]!;
  }
  // Neighbouring shades get neighbouring indices, so that differences of rows are small.
  const byLightness = colors
    .map((_, i) => i)
    .sort((a, b) => lightness(colors[a]!) - lightness(colors[b]!));
  const positions = new Uint8Array(256);
  byLightness.forEach((index, place) => (positions[index] = place));
  const palette = Uint8Array.from(byLightness.flatMap((index) => bytesOf(colors[index]!)));
  return { pixels: pixels.map((index) => positions[index]!), palette };
}

const bytesOf = (color: number): [number, number, number] => [
  color >> 16,
  (color >> 8) & 255,
  color & 255,
];

const lightness = (color: number): number => bytesOf(color).reduce((sum, byte) => sum + byte);
