import { ImageError } from "../errors.js";
import { checkSize, type Raster } from "./raster.js";

/** Resampling filters, by Pillow's names. All but "nearest" antialias when shrinking. */
export const resampleFilters = [
  "nearest",
  "box",
  "bilinear",
  "hamming",
  "bicubic",
  "lanczos",
] as const;

export type Resample = (typeof resampleFilters)[number];

interface Filter {
  /** Half-width of the kernel at scale 1, in source pixels. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

// Pillow's kernels (src/libImaging/Resample.c), the bicubic one with a = −1/2.
const filters: Record<Exclude<Resample, "nearest">, Filter> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0),
  },
  bicubic: { support: 2, weight: (x) => bicubic(Math.abs(x)) },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

function bicubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/**
 * For each output pixel of one axis: the first source pixel, the number of source pixels, and their weights (`stride`
 * apart).
 */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float64Array;
  readonly stride: number;
}

/** Taps of `length` output pixels from `start` on, of an axis resized from `from` to `to` pixels. */
function tapsOf(filter: Filter, from: number, to: number, start = 0, length = to): Taps {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(length);
  const count = new Int32Array(length);
  const weights = new Float64Array(length * stride);
  for (let i = 0; i < length; i++) {
    const center = (start + i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const n = Math.min(from, Math.trunc(center + support + 0.5)) - low;
    let sum = 0;
    for (let k = 0; k < n; k++) {
      const weight = filter.weight((k + low - center + 0.5) * (1 / stretch));
      weights[i * stride + k] = weight;
      sum += weight;
    }
    for (let k = 0; k < n && sum !== 0; k++) weights[i * stride + k]! /= sum;
    first[i] = low;
    count[i] = n;
  }
  return { first, count, weights, stride };
}

// Pillow's 8-bit arithmetic: fixed-point weights, 32-bit sums with two bits of headroom, and rounding and clamping to
// bytes between the two passes. Exact agreement with Pillow requires all three.
const precision = 32 - 8 - 2;
const half = 1 << (precision - 1);

function fixedPoint(weights: Float64Array): Int32Array {
  return Int32Array.from(weights, (w) => Math.trunc(w * (1 << precision) + (w < 0 ? -0.5 : 0.5)));
}

/** A rectangle of pixels. */
export interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Resizes a picture to `width` x `height`, byte for byte as Pillow's `Image.resize`, which torchvision's Resize uses
 * for PIL images.
 *
 * @param part the pixels of the resized picture to compute; default: all
 * @throws {ImageError} if the new size is empty or exceeds the size limit
 * @see https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c
 */
export function resample(
  raster: Raster,
  width: number,
  height: number,
  how: Resample,
  part: Part = { left: 0, top: 0, width, height },
): Raster {
  checkSize(width, height, "the resized picture");
  if (how === "nearest") return nearest(raster, width, height, part);
  const filter = filters[how];
  const isAcross = raster.width !== width;
  const rows =
    raster.height === height
      ? undefined
      : tapsOf(filter, raster.height, height, part.top, part.height);
  const top = rows ? rows.first[0]! : part.top;
  const end = rows ? rows.first.at(-1)! + rows.count.at(-1)! : part.top + part.height;
  const across = isAcross
    ? horizontal(raster, top, end, tapsOf(filter, raster.width, width, part.left, part.width))
    : cut(raster, { left: part.left, top, width: part.width, height: end - top });
  return rows ? vertical(across, top, rows) : across;
}

/** A part of a picture; the picture itself if the part covers it. */
export function cut(raster: Raster, { left, top, width, height }: Part): Raster {
  if (width === raster.width && height === raster.height) return raster;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((y + top) * raster.width + left) * 3;
    data.set(raster.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/** Resizes rows `top` to `end` of a picture. */
function horizontal(raster: Raster, top: number, end: number, taps: Taps): Raster {
  const { first, count, weights, stride } = taps;
  const width = first.length;
  const fixed = fixedPoint(weights);
  const source = raster.data;
  const data = new Uint8ClampedArray(width * (end - top) * 3);
  for (let y = top, out = 0; y < end; y++) {
    const row = y * raster.width;
    for (let x = 0; x < width; x++, out += 3) {
      let r = half;
      let g = half;
      let b = half;
      let at = (row + first[x]!) * 3;
      for (let k = x * stride, last = k + count[x]!; k < last; k++, at += 3) {
        const weight = fixed[k]!;
        r += Math.imul(source[at]!, weight);
        g += Math.imul(source[at + 1]!, weight);
        b += Math.imul(source[at + 2]!, weight);
      }
      data[out] = r >> precision;
      data[out + 1] = g >> precision;
      data[out + 2] = b >> precision;
    }
  }
  return { width, height: end - top, data: new Uint8Array(data.buffer) };
}

/** Resizes columns. @param top index in the source of the picture's first row */
function vertical(raster: Raster, top: number, taps: Taps): Raster {
  const { first, count, weights, stride } = taps;
  const height = first.length;
  const fixed = fixedPoint(weights);
  const length = raster.width * 3;
  const source = raster.data;
  const data = new Uint8ClampedArray(length * height);
  for (let y = 0, out = 0; y < height; y++) {
    const start = (first[y]! - top) * length;
    const k = y * stride;
    const last = k + count[y]!;
    for (let i = 0; i < length; i++, out++) {
      let sum = half;
      for (let tap = k, at = start + i; tap < last; tap++, at += length) {
        sum += Math.imul(source[at]!, fixed[tap]!);
      }
      data[out] = sum >> precision;
    }
  }
  return { width: raster.width, height, data: new Uint8Array(data.buffer) };
}

function nearest(raster: Raster, width: number, height: number, part: Part): Raster {
  if (raster.width === width && raster.height === height) return cut(raster, part);
  const columns = nearestPixels(raster.width, width).subarray(part.left, part.left + part.width);
  const rows = nearestPixels(raster.height, height).subarray(part.top, part.top + part.height);
  const data = new Uint8Array(columns.length * rows.length * 3);
  let out = 0;
  for (const row of rows) {
    for (const column of columns) {
      const at = (row * raster.width + column) * 3;
      data[out++] = raster.data[at]!;
      data[out++] = raster.data[at + 1]!;
      data[out++] = raster.data[at + 2]!;
    }
  }
  return { width: columns.length, height: rows.length, data };
}

function nearestPixels(from: number, to: number): Int32Array {
  const scale = from / to;
  const pixels = new Int32Array(to);
  // Accumulated rather than multiplied, as in Pillow: the last bit matters at pixel edges.
  for (let i = 0, at = scale * 0.5; i < to; i++, at += scale) {
    pixels[i] = Math.min(from - 1, Math.trunc(at));
  }
  return pixels;
}

/**
 * Resizes a row-major map of `width` x `height` numbers in floating point with the same kernels: half-pixel centres
 * (PyTorch's align_corners=False), antialiased when shrinking, as Pillow's mode "F".
 *
 * @throws {ImageError} if the new size is empty or exceeds the size limit
 */
export function resampleMap(
  map: Float32Array,
  [height, width]: readonly [number, number],
  [newHeight, newWidth]: readonly [number, number],
  how: Exclude<Resample, "nearest"> = "bilinear",
): Float32Array {
  checkSize(newWidth, newHeight, "the resized map");
  if (map.length !== width * height) {
    throw new ImageError(`${map.length} numbers do not fill a map of ${width} x ${height}`);
  }
  const filter = filters[how];
  let result = map;
  if (newWidth !== width) {
    result = resampleLines(result, tapsOf(filter, width, newWidth), height, [width, 1]);
  }
  if (newHeight !== height) {
    result = resampleLines(result, tapsOf(filter, height, newHeight), newWidth, [1, newWidth]);
  }
  return result;
}

/**
 * Resizes `lines` lines: `between` is the distance of adjacent lines, `along` the distance of adjacent elements of a
 * line.
 */
function resampleLines(
  map: Float32Array,
  { first, count, weights, stride }: Taps,
  lines: number,
  [between, along]: readonly [number, number],
): Float32Array {
  const length = first.length;
  const result = new Float32Array(lines * length);
  const newBetween = along === 1 ? length : 1;
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let k = 0; k < count[i]!; k++) {
        sum += map[line * between + (first[i]! + k) * along]! * weights[i * stride + k]!;
      }
      result[line * newBetween + i * along] = sum;
    }
  }
  return result;
}
