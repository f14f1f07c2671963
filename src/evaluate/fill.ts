import { channelMeans } from "../methods/core/baselines.js";
import { blur } from "../methods/core/filters.js";
import { InputError } from "../errors.js";
import type { Setting } from "../methods/core/settings.js";
import { preprocess } from "../image/preprocess.js";
import { extentOf, type Extent, type Subject } from "./subject.js";

/**
 * What takes the place of removed pixels. All are meant in the picture, not in the network's numbers: black is the
 * colour black, whatever the preprocessing makes of it.
 */
export type Fill =
  | { readonly kind: "color"; readonly rgb: readonly [number, number, number] }
  /** The picture's own mean colour. */
  | { readonly kind: "mean" }
  /** The preprocessing's mean: 0 in the network's numbers. */
  | { readonly kind: "dataset-mean" }
  /** The picture under a Gaussian of this standard deviation, as a part of the shorter side. */
  | { readonly kind: "blur"; readonly sigma: number };

/** Blurred so far that an object is lost: 11 pixels of 224. */
const usualSigma = 0.05;

/** A fill as a setting, in words. */
export function fill(fallback: string, about: string): Setting<string> {
  return {
    default: fallback,
    about,
    takes:
      "black, white, mean (of the picture), dataset-mean (of the preprocessing), blur, blur:SIGMA (as a part of the " +
      "shorter side) or a colour as #rrggbb",
    read: (given) => (typeof given === "string" && parseFill(given) ? given : undefined),
  };
}

/** The fill that words mean; undefined where they mean none. */
export function parseFill(words: string): Fill | undefined {
  if (words === "mean" || words === "dataset-mean") return { kind: words };
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

/** What would stand in each place if all pixels were removed, in the numbers and shape of the subject's `x`. */
export function filled(subject: Subject, words: string): Float32Array {
  const extent = extentOf(subject);
  const how = parseFill(words)!;
  switch (how.kind) {
    case "color":
      return plain(extent, colorIn(subject, how.rgb));
    case "dataset-mean":
      return new Float32Array(extent.channels * extent.pixels);
    // The preprocessing is affine in each channel, so mean and blur are the same before it and after.
    case "mean":
      return plain(extent, channelMeans(subject.x));
    case "blur":
      return Float32Array.from(blur(subject.x, how.sigma * Math.min(extent.height, extent.width)));
  }
}

/** `from` with the given pixels, in all channels, as they are in `other`. */
export function replacePixels(
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
 * A colour in the numbers of the subject's `x`, channel by channel. Beyond pictures, a grey that is the same number in
 * each channel.
 *
 * @throws {InputError} where the channels are others than the preprocessing's
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
    `${subject.name}: the preprocessing has ${color.length} channels and the input ${wanted}, so that a colour is not ` +
      "known there; --preprocess none, or the fill mean or blur, would work",
  );
}
