import { ImageError } from "../errors.js";
import { float32, type Tensor } from "../tensor/tensor.js";
import { checkSize, toLuma, type Raster } from "./raster.js";
import { cut, resample, type Part, type Resample } from "./resample.js";

/** Size of a picture, in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * Preprocessing of a picture into network input, in this order: channels, resize, crop, then for each channel (byte ·
 * rescale − mean) / std.
 */
export interface Preprocessing {
  /** `shortestEdge` keeps the aspect ratio. If absent, the picture keeps its size. */
  readonly resize?: { readonly shortestEdge: number } | Size;
  readonly resample: Resample;
  /** Centre crop; a smaller picture is padded with black. */
  readonly crop?: Size;
  /** Factor applied to each byte, such as 1/255. */
  readonly rescale: number;
  /** In units of the rescaled values, one number per channel in the network's order. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** The network's channels: three, or one of ITU-R 601-2 luma. */
  readonly channels: "rgb" | "bgr" | "luma";
}

/** The named preprocessing settings. */
export const presets = {
  /** The preprocessing of torchvision's ImageNet models: Resize(256), CenterCrop(224), ToTensor, Normalize. */
  imagenet: {
    resize: { shortestEdge: 256 },
    resample: "bilinear",
    crop: { height: 224, width: 224 },
    rescale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    channels: "rgb",
  },
  /** Values from 0 to 1 at the picture's own size, as torchvision's ToTensor. */
  none: {
    resample: "bilinear",
    rescale: 1 / 255,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    channels: "rgb",
  },
  /** ImageNet's resize and crop with unscaled values from 0 to 255, for models with built-in normalization. */
  bytes: {
    resize: { shortestEdge: 256 },
    resample: "bilinear",
    crop: { height: 224, width: 224 },
    rescale: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    channels: "rgb",
  },
} as const satisfies Record<string, Preprocessing>;

/**
 * Resolves a preset name; settings are returned unchanged. @throws {ImageError} if the argument is neither (for
 * JavaScript callers)
 */
export function settingsFor(asked: keyof typeof presets | Preprocessing): Preprocessing {
  const named: Readonly<Record<string, Preprocessing | undefined>> = presets;
  const found: Partial<Preprocessing> | undefined =
    typeof asked === "string" ? named[asked] : asked;
  const { rescale, mean, std, channels } = found ?? {};
  const isWhole = found?.resample && rescale !== undefined && mean && std && channels;
  if (isWhole) return found as Preprocessing;
  throw new ImageError(
    `preprocessing must be ${Object.keys(presets).join(" or ")}, or { resample, rescale, mean, std, channels, … }, not ` +
      `${JSON.stringify(asked)}; parsePreprocessing(json, name) reads a preprocessor_config.json`,
  );
}

/**
 * Adapts the settings so that pictures come out as `height` x `width`, for a network with a fixed input size. The
 * crop becomes that size, and the preceding resize grows in proportion, rounded down: 256 → 224 becomes 297 → 260.
 * Settings without resize and crop are returned unchanged, because they keep the picture's own size.
 *
 * @param channels the network's channels; 1 converts the picture to luma, with the averages of mean and std
 */
export function fitTo(
  preprocessing: Preprocessing,
  height: number,
  width: number,
  channels: 1 | 3 = preprocessing.channels === "luma" ? 1 : 3,
): Preprocessing {
  const { resize, crop } = preprocessing;
  const color = channels === 1 ? toOneChannel(preprocessing) : preprocessing;
  if (crop?.height === height && crop.width === width) return color;
  if (crop === undefined) {
    if (resize === undefined) return color;
    if (!("shortestEdge" in resize)) return { ...color, resize: { height, width } };
    return { ...color, resize: { shortestEdge: Math.max(height, width) }, crop: { height, width } };
  }
  // Multiply before dividing: the ratio is rarely exact in binary.
  const scaled = (length: number, to: number, from: number) => Math.floor((length * to) / from);
  if (resize === undefined) return { ...color, crop: { height, width } };
  if (!("shortestEdge" in resize)) {
    const grown = {
      height: scaled(resize.height, height, crop.height),
      width: scaled(resize.width, width, crop.width),
    };
    return { ...color, resize: grown, crop: { height, width } };
  }
  const shortestEdge = Math.max(
    scaled(resize.shortestEdge, height, crop.height),
    scaled(resize.shortestEdge, width, crop.width),
  );
  return { ...color, resize: { shortestEdge }, crop: { height, width } };
}

function toOneChannel(preprocessing: Preprocessing): Preprocessing {
  if (preprocessing.channels === "luma") return preprocessing;
  const average = (values: readonly number[]) => [values.reduce((a, b) => a + b) / values.length];
  return {
    ...preprocessing,
    mean: average(preprocessing.mean),
    std: average(preprocessing.std),
    channels: "luma",
  };
}

/**
 * The resized and cropped picture before normalization, in luma if the network has one channel. Overlays are drawn on
 * it.
 *
 * @throws {ImageError} if the resized picture exceeds the size limit
 */
export function viewOf(raster: Raster, preprocessing: Preprocessing): Raster {
  const { resize, crop, resample: how } = preprocessing;
  if (crop !== undefined) checkSize(crop.width, crop.height, "the cropped picture");
  const picture = preprocessing.channels === "luma" ? toLuma(raster) : raster;
  if (resize === undefined) return crop === undefined ? picture : cropCenter(picture, crop);
  const { width, height } = resized(picture, resize);
  if (crop === undefined) return resample(picture, width, height, how);
  // Pixels outside the crop are not computed.
  const kept = inside({ width, height }, crop);
  return cropCenter(resample(picture, width, height, how, kept), crop);
}

/** Maps a point of one picture to a point of another, in pixels. */
export type PointMap = (x: number, y: number) => readonly [x: number, y: number];

/**
 * Maps a point of a picture of this size to its view, in pixels. Points outside the crop map outside the view.
 */
export function pointInView(size: Size, { resize, crop }: Preprocessing): PointMap {
  const { width, height } = resize === undefined ? size : resized(size, resize);
  const left = crop === undefined ? 0 : offset(width, crop.width);
  const top = crop === undefined ? 0 : offset(height, crop.height);
  return (x, y) => [(x * width) / size.width - left, (y * height) / size.height - top];
}

/** The inverse of {@link pointInView}: maps a point of the view to the picture. */
export function pointInPicture(size: Size, preprocessing: Preprocessing): PointMap {
  const inView = pointInView(size, preprocessing);
  const [left, top] = inView(0, 0);
  const [right, bottom] = inView(size.width, size.height);
  return (x, y) => [
    ((x - left) * size.width) / (right - left),
    ((y - top) * size.height) / (bottom - top),
  ];
}

function resized(size: Size, resize: NonNullable<Preprocessing["resize"]>): Size {
  return "shortestEdge" in resize ? byShortest(size, resize.shortestEdge) : resize;
}

/** torchvision's Resize(int): the short side becomes `edge`, the long side is rounded down. */
function byShortest({ width, height }: Size, edge: number): Size {
  const long = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: edge, height: long } : { width: long, height: edge };
}

/**
 * torchvision's CenterCrop: pads with black if the picture is too small; an odd margin is halved to the even number.
 */
function cropCenter(raster: Raster, crop: Size): Raster {
  const part = cut(raster, inside(raster, crop));
  const { width, height } = crop;
  if (part.width === width && part.height === height) return part;
  const [left, top] = [-offset(part.width, width), -offset(part.height, height)];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < part.height; y++) {
    const row = part.data.subarray(y * part.width * 3, (y + 1) * part.width * 3);
    data.set(row, ((y + top) * width + left) * 3);
  }
  return { width, height, data };
}

/** The part of a picture inside its centre crop. */
function inside(size: Size, crop: Size): Part {
  return {
    left: Math.max(0, offset(size.width, crop.width)),
    top: Math.max(0, offset(size.height, crop.height)),
    width: Math.min(size.width, crop.width),
    height: Math.min(size.height, crop.height),
  };
}

/** Start of the crop; negative for padding. The smaller half of an odd padding comes first. */
function offset(length: number, crop: number): number {
  if (length < crop) return -Math.floor((crop - length) / 2);
  const middle = (length - crop) / 2;
  // Python's round(): ties go to the even neighbour.
  return Number.isInteger(middle) ? middle : 2 * Math.round(middle / 2);
}

/**
 * Converts a picture to network input [1,C,H,W], C = 3 or 1, with the same values as torchvision's transforms on the
 * same pixels as a PIL image.
 *
 * @throws {ImageError} if the lengths of mean or std do not match the channels, or the picture exceeds the size limit
 */
export function preprocess(raster: Raster, preprocessing: Preprocessing): Tensor<"float32"> {
  return preprocessView(viewOf(raster, preprocessing), preprocessing);
}

/** As {@link preprocess}, of a view ({@link viewOf}): a picture that is already resized and cropped. */
export function preprocessView(
  { width, height, data: bytes }: Raster,
  { rescale, mean, std, channels }: Preprocessing,
): Tensor<"float32"> {
  const sources = { rgb: [0, 1, 2], bgr: [2, 1, 0], luma: [0] }[channels];
  if (mean.length !== sources.length || std.length !== sources.length) {
    throw new ImageError(
      `mean has ${mean.length} numbers and std ${std.length}, but ${channels} has ${sources.length} channels`,
    );
  }
  const size = width * height;
  const data = new Float32Array(sources.length * size);
  for (const [c, source] of sources.entries()) {
    const numbers = numbersOf(rescale, mean[c]!, std[c]!);
    for (let i = c * size, at = source; at < bytes.length; i++, at += 3)
      data[i] = numbers[bytes[at]!]!;
  }
  return float32([1, sources.length, height, width], data);
}

/** The network input for black and for white pixels, per channel. */
export function pixelRange({ rescale, mean, std }: Preprocessing): {
  readonly black: readonly number[];
  readonly white: readonly number[];
} {
  const all = mean.map((m, c) => numbersOf(rescale, m, std[c]!));
  return { black: all.map((numbers) => numbers[0]!), white: all.map((numbers) => numbers[255]!) };
}

/** The network input for each of the 256 byte values, rounded to float32 after each step as in PyTorch. */
function numbersOf(rescale: number, mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const centered = Math.fround(Math.fround(byte * rescale) - Math.fround(mean));
    return centered / Math.fround(std);
  });
}
