import { presets, type Preprocessing, type Size } from "./preprocess.js";
import type { Resample } from "./resample.js";

/** Individual preprocessing settings; absent ones are taken from a base. */
export interface GivenPreprocessing {
  /** "none" keeps the picture's size. */
  readonly resize?: { readonly shortestEdge: number } | Size | "none" | undefined;
  readonly crop?: Size | "none" | undefined;
  readonly interpolation?: Resample | undefined;
  /** The values of black and white before mean and std: [0, 1], [−1, 1] or [0, 255]. */
  readonly range?: readonly [black: number, white: number] | undefined;
  /** In the network's order of channels; a single number applies to all of them. */
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  readonly channels?: "rgb" | "bgr" | undefined;
}

/** ImageNet's resize and crop, with unnormalized values from 0 to 1. */
const plain: Preprocessing = { ...presets.imagenet, mean: [0, 0, 0], std: [1, 1, 1] };

/** The default base: ImageNet's; any given colour setting replaces its normalization. */
export function baseFor({ range, mean, std, channels }: GivenPreprocessing): Preprocessing {
  return range || mean || std || channels ? plain : presets.imagenet;
}

/**
 * The base, overridden by the given settings. An exact `resize` without a `crop` does not crop. If `channels` reverses
 * the order of the base, the base's mean and std are reversed too.
 */
export function withGiven(base: Preprocessing, given: GivenPreprocessing): Preprocessing {
  const { interpolation, range, channels = base.channels } = given;
  const isReversed = channels !== base.channels && base.channels !== "luma";
  const own = (values: readonly number[]): readonly number[] =>
    isReversed ? values.toReversed() : values;
  const mean = perChannel(given.mean, channels) ?? own(base.mean);
  const [black, white] = range ?? [0, 0];
  return {
    ...geometry(base, given),
    resample: interpolation ?? base.resample,
    rescale: range ? (white - black) / 255 : base.rescale,
    // (byte · rescale + black − mean) / std
    mean: black === 0 ? mean : mean.map((m) => m - black),
    std: perChannel(given.std, channels) ?? own(base.std),
    channels,
  };
}

function perChannel(
  values: readonly number[] | undefined,
  channels: Preprocessing["channels"],
): readonly number[] | undefined {
  const isShared = values?.length === 1 && channels !== "luma";
  return isShared ? [values[0]!, values[0]!, values[0]!] : values;
}

function geometry(
  base: Preprocessing,
  given: GivenPreprocessing,
): Pick<Preprocessing, "resize" | "crop"> {
  const isExact = typeof given.resize === "object" && "height" in given.resize;
  const resize = given.resize ?? base.resize;
  const crop = given.crop ?? (isExact ? "none" : base.crop);
  return {
    ...(resize === undefined || resize === "none" ? {} : { resize }),
    ...(crop === undefined || crop === "none" ? {} : { crop }),
  };
}

/** "resize 256, crop 224x224, bilinear, rgb, 0 to 1, mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225" */
export function describePreprocessing(settings: Preprocessing): string {
  const { resize, crop, resample, rescale, mean, std, channels } = settings;
  const side = ({ height, width }: Size): string => `${height}x${width}`;
  const numbers = (values: readonly number[]): string =>
    values.map((v) => String(Number(v.toPrecision(4)))).join(", ");
  return [
    ...(resize
      ? [`resize ${"shortestEdge" in resize ? resize.shortestEdge : side(resize)}`]
      : ["no resize"]),
    ...(crop ? [`crop ${side(crop)}`] : []),
    resample,
    channels === "luma" ? "grey" : channels,
    `0 to ${numbers([255 * rescale])}`,
    `mean ${numbers(mean)}`,
    `std ${numbers(std)}`,
  ].join(", ");
}
