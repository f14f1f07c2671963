import { InputError, UsageError } from "../../errors.js";
import { sameShape, sizeOf } from "../../tensor/shape.js";
import { toNumbers, type Tensor } from "../../tensor/tensor.js";
import { sliceBatch } from "../../tensor/batches.js";
import { blur } from "./filters.js";
import type { Image, PixelRange } from "./image.js";
import { choice, given, number } from "./settings.js";

/** The reference that an image is compared with, or that fills removed regions. */
export const baselineWords = ["zero", "black", "white", "mean", "blur", "given"] as const;

export type Baseline = (typeof baselineWords)[number];

/** The settings of a method that has a baseline. */
export const baselineSettings = {
  baseline: choice(
    baselineWords,
    "zero",
    "reference image: zeros of the network's input, black, white, the image's mean colour, the image " +
      "blurred, or a given tensor",
  ),
  given: given(
    "tensor [1,C,H,W] for the baseline `given`; [K,C,H,W] for methods that sample from several",
  ),
  blur: number(0.05, "standard deviation of the blur as a fraction of the shorter side", 0, 1),
};

export interface BaselineSettings {
  readonly baseline: Baseline;
  readonly given: Tensor | undefined;
  readonly blur: number;
}

/**
 * The baseline of an image [1,C,…spatial], in its shape.
 *
 * @throws {InputError} if black or white is requested but unknown, or the given tensor does not fit
 */
export function baselineOf(image: Image, settings: BaselineSettings): ArrayLike<number> {
  const { x, pixels } = image;
  const values = toNumbers(x);
  switch (settings.baseline) {
    case "zero":
      return new Float64Array(values.length);
    case "black":
    case "white":
      return constant(x, colour(x, pixels, settings.baseline));
    case "mean":
      return constant(x, channelMeans(x));
    case "blur":
      return blur(x, settings.blur * Math.min(...x.dims.slice(2)));
    case "given":
      return givenFor(x, settings.given);
  }
}

/** The baselines of a method that draws from several: the rows of the given tensor, or the single computed one. */
export function baselinesOf(
  image: Image,
  settings: BaselineSettings,
): readonly ArrayLike<number>[] {
  const { given: rows } = settings;
  if (settings.baseline !== "given" || !rows) return [baselineOf(image, settings)];
  return Array.from({ length: rows.dims[0] ?? 0 }, (_, n) =>
    givenFor(image.x, sliceBatch(rows, [n])),
  );
}

function givenFor(x: Tensor, baseline: Tensor | undefined): ArrayLike<number> {
  if (!baseline) throw new UsageError('the baseline "given" needs the setting `given`');
  if (sameShape(baseline.dims, x.dims)) return toNumbers(baseline);
  throw new InputError(
    `a baseline [${baseline.dims.join(",")}] does not fit an image [${x.dims.join(",")}]`,
  );
}

function colour(
  { dims }: Tensor,
  pixels: PixelRange | undefined,
  name: "black" | "white",
): readonly number[] {
  if (!pixels) {
    throw new InputError(
      `the value of ${name} in the units of the input is unknown: give the preprocessing, or choose the ` +
        "baseline zero, mean, blur or given",
    );
  }
  const numbers = pixels[name];
  if (numbers.length === dims[1]) return numbers;
  throw new InputError(`${name} has ${numbers.length} channels, the image ${dims[1]!}`);
}

/** The channel means of one image. */
export function channelMeans(x: Tensor): readonly number[] {
  const [values, area] = [toNumbers(x), sizeOf(x.dims.slice(2))];
  return Array.from({ length: x.dims[1] ?? 1 }, (_, c) => {
    let sum = 0;
    for (let p = 0; p < area; p++) sum += values[c * area + p]!;
    return sum / area;
  });
}

function constant({ dims }: Tensor, values: readonly number[]): Float64Array {
  const area = sizeOf(dims.slice(2));
  return Float64Array.from({ length: sizeOf(dims) }, (_, i) => values[Math.floor(i / area)]!);
}
