import { channelMeans } from "../methods/core/baselines.js";
import { blur } from "../methods/core/filters.js";
import { InputError } from "../errors.js";
import type { Setting } from "../methods/core/settings.js";
import { preprocess } from "../image/preprocess.js";
import { random } from "../tensor/random.js";
import { imputeLinearly } from "./linear-imputation.js";
import { extentOf, planeOf, type Extent, type Subject } from "./subject.js";

/**
 * The replacement of removed pixels, defined in the picture, not in the network's input: black is the colour black
 * before preprocessing.
 */
export type Fill =
  | { readonly kind: "color"; readonly rgb: readonly [number, number, number] }
  /** The picture's mean colour. */
  | { readonly kind: "mean" }
  /** The preprocessing's mean: 0 in the network's input. */
  | { readonly kind: "dataset-mean" }
  /** The picture blurred by a Gaussian with this standard deviation, as a fraction of the shorter side. */
  | { readonly kind: "blur"; readonly sigma: number }
  /** Each removed pixel is the weighted mean of its neighbours ({@link imputeLinearly}, without noise). */
  | { readonly kind: "linear" };

/** Strong enough to hide an object: 11 pixels of 224. */
const usualSigma = 0.05;

/** A fill as a setting. */
export function fill(fallback: string, about: string): Setting<string> {
  return {
    default: fallback,
    about,
    takes:
      "black, white, mean (of the picture), dataset-mean (of the preprocessing), blur, blur:SIGMA (as a fraction of the " +
      "shorter side), linear (from the neighbours that are left) or a colour as #rrggbb",
    read: (given) => (typeof given === "string" && parseFill(given) ? given : undefined),
  };
}

/** Parses a fill; undefined if it is invalid. */
export function parseFill(words: string): Fill | undefined {
  if (words === "mean" || words === "dataset-mean" || words === "linear") return { kind: words };
  const named = { black: "#000000", white: "#ffffff" }[words] ?? words;
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(named);
  if (hex) {
    const [red, green, blue] = hex.slice(1).map((byte) => parseInt(byte, 16));
    return { kind: "color", rgb: [red!, green!, blue!] };
  }
  if (words === "blur") return { kind: "blur", sigma: usualSigma };
  const sigma = Number(/^blur:([0-9.]+)$/.exec(words)?.[1]);
  return sigma > 0 && sigma <= 1 ? { kind: "blur", sigma } : undefined;
}

/** The subject's `x` without the given pixels, which are distinct. */
export type Remover = (removed: Uint32Array) => Float32Array;

/**
 * Replaces pixels of a subject by a fill.
 *
 * @throws {InputError} if the fill does not apply to the subject
 */
export function remover(subject: Subject, words: string): Remover {
  const how = parseFill(words)!;
  const picture = subject.x.data;
  if (how.kind === "linear") {
    const plane = planeOf(subject);
    return (removed) => imputeLinearly(picture, removed, plane, 0, random(0));
  }
  const other = replacementOf(subject, how);
  const extent = extentOf(subject);
  return (removed) => replacePixels(picture, other, removed, extent);
}

/** The replacement of every pixel, in the units and shape of the subject's `x`. */
function replacementOf(subject: Subject, how: Exclude<Fill, { kind: "linear" }>): Float32Array {
  const extent = extentOf(subject);
  switch (how.kind) {
    case "color":
      return plain(extent, colorIn(subject, how.rgb));
    case "dataset-mean":
      return new Float32Array(extent.channels * extent.pixels);
    // The preprocessing is affine per channel, so mean and blur commute with it.
    case "mean":
      return plain(extent, channelMeans(subject.x));
    case "blur":
      return Float32Array.from(blur(subject.x, how.sigma * Math.min(extent.height, extent.width)));
  }
}

/** `from` with the given pixels copied from `other`, in all channels. */
function replacePixels(
  from: Float32Array,
  other: Float32Array,
  pixels: Uint32Array,
  { channels, pixels: size }: Extent,
): Float32Array {
  const result = from.slice();
  for (let c = 0; c < channels; c++) {
    const plane = c * size;
    for (const pixel of pixels) result[plane + pixel] = other[plane + pixel]!;
  }
  return result;
}

function plain({ channels, pixels }: Extent, color: readonly number[]): Float32Array {
  const result = new Float32Array(channels * pixels);
  color.forEach((value, c) => result.fill(value, c * pixels, (c + 1) * pixels));
  return result;
}

/**
 * A colour in the units of the subject's `x`, one value per channel. For inputs other than pictures, a grey: the same
 * value in each channel.
 *
 * @throws {InputError} if the number of channels differs from the preprocessing's
 */
export function colorIn(subject: Subject, rgb: readonly number[]): readonly number[] {
  const { resample, rescale, mean, std, channels } = subject.preprocessing;
  const pixel = { width: 1, height: 1, data: Uint8Array.from(rgb) };
  const color = Array.from(preprocess(pixel, { resample, rescale, mean, std, channels }).data);
  const wanted = extentOf(subject).channels;
  if (color.length === wanted) return color;
  const [first = 0] = color;
  if (color.every((value) => value === first)) return new Array<number>(wanted).fill(first);
  throw new InputError(
    `${subject.name}: the preprocessing has ${color.length} channels and the input ${wanted}, so colours are ` +
      "undefined; use --preprocess none, or the fill mean or blur",
  );
}
