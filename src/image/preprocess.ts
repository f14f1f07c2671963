import { ImageError } from "../errors.js";
import { float32, type Tensor } from "../tensor/tensor.js";
import { checkSize, toLuma, type Raster } from "./raster.js";
import { resample, type Resample } from "./resample.js";

/** Extent of a picture, in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * What happens to a picture before a network sees it, in this order: channels, resize, crop, then for each channel
 * (byte · rescale − mean) / std.
 */
export interface Preprocessing {
  /** `shortestEdge` keeps the aspect ratio; absent, the picture keeps its size. */
  readonly resize?: { readonly shortestEdge: number } | Size;
  readonly resample: Resample;
  /** The middle of the resized picture; where that is smaller, black is added around it. */
  readonly crop?: Size;
  /** What a byte is multiplied by, such as 1/255. */
  readonly rescale: number;
  /** In units of the rescaled values, one number for each channel in the network's order. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** The network's channels: three, or one with ITU-R 601-2 luma. */
  readonly channels: "rgb" | "bgr" | "luma";
}

/** The settings that have a name. */
export const presets = {
  /** What torchvision's ImageNet models were trained for: Resize(256), CenterCrop(224), ToTensor, Normalize. */
  imagenet: {
    resize: { shortestEdge: 256 },
    resample: "bilinear",
    crop: { height: 224, width: 224 },
    rescale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    channels: "rgb",
  },
  /** Values from 0 to 1 at the picture's own size: torchvision's ToTensor alone. */
  none: {
    resample: "bilinear",
    rescale: 1 / 255,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    channels: "rgb",
  },
  /** ImageNet's resize and crop, and the levels from 0 to 255 as they are: for models that normalize them inside. */
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

/** The settings of a preset, or those given. @throws {ImageError} where they are none: JavaScript has no types */
export function settingsFor(asked: keyof typeof presets | Preprocessing): Preprocessing {
  const named: Readonly<Record<string, Preprocessing | undefined>> = presets;
  const found: Partial<Preprocessing> | undefined =
    typeof asked === "string" ? named[asked] : asked;
  const { resample, rescale, mean, std, channels } = found ?? {};
  if (resample && rescale !== undefined && mean && std && channels) return found as Preprocessing;
  throw new ImageError(
    `preprocessing is ${Object.keys(presets).join(" or ")}, or { resample, rescale, mean, std, channels, … }, not ` +
      `${JSON.stringify(asked)}; parsePreprocessing(json, name) reads a preprocessor_config.json`,
  );
}

/**
 * The settings changed so that pictures come out `height` x `width`, for a network whose input is fixed at that.
 * A crop becomes that size and the resize before it grows in proportion, rounded down: 256 → 224 becomes 297 → 260.
 * Settings that neither resize nor crop are returned as they are: they ask for the picture's own size.
 *
 * @param channels The network's channels: 1 turns the picture into luma, with the averages of mean and std.
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
  // Multiplied before divided: the ratio itself is rarely a binary number.
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
 * The picture as the network sees it, before bytes become numbers: resized and cropped, in luma where the network
 * has one channel. What an overlay is drawn on.
 *
 * @throws {ImageError} where the resized picture would be beyond the limit.
 */
export function viewOf(raster: Raster, preprocessing: Preprocessing): Raster {
  const { resize, crop } = preprocessing;
  let view = preprocessing.channels === "luma" ? toLuma(raster) : raster;
  if (resize !== undefined) {
    const { height, width } = resized(view, resize);
    view = resample(view, width, height, preprocessing.resample);
  }
  return crop === undefined ? view : cropCenter(view, crop);
}

/** Where a point of a picture of this size comes to lie in its view, in pixels; outside of it where it is cropped off. */
export function pointInView(
  size: Size,
  { resize, crop }: Preprocessing,
): (x: number, y: number) => readonly [x: number, y: number] {
  const { width, height } = resize === undefined ? size : resized(size, resize);
  const left = crop === undefined ? 0 : offset(width, crop.width);
  const top = crop === undefined ? 0 : offset(height, crop.height);
  return (x, y) => [(x * width) / size.width - left, (y * height) / size.height - top];
}

function resized(size: Size, resize: NonNullable<Preprocessing["resize"]>): Size {
  return "shortestEdge" in resize ? byShortest(size, resize.shortestEdge) : resize;
}

/** torchvision's Resize(int): the short side becomes `edge`, the long one is rounded down. */
function byShortest({ width, height }: Size, edge: number): Size {
  const long = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: edge, height: long } : { width: long, height: edge };
}

/** torchvision's CenterCrop: black where the picture is too small, an odd rest halved to the even number. */
function cropCenter(raster: Raster, { width, height }: Size): Raster {
  if (raster.width === width && raster.height === height) return raster;
  checkSize(width, height, "the cropped picture");
  const left = offset(raster.width, width);
  const top = offset(raster.height, height);
  const data = new Uint8Array(width * height * 3);
  const from = Math.max(0, left);
  const length = Math.min(raster.width, left + width) - from;
  for (let y = Math.max(0, -top); y < height && y + top < raster.height; y++) {
    const row = ((y + top) * raster.width + from) * 3;
    data.set(raster.data.subarray(row, row + length * 3), (y * width + from - left) * 3);
  }
  return { width, height, data };
}

/** Where the crop begins; negative where black comes first, which has the smaller half of an odd rest. */
function offset(length: number, crop: number): number {
  if (length < crop) return -Math.floor((crop - length) / 2);
  const middle = (length - crop) / 2;
  // Python's round(): a half goes to the even neighbour.
  return Number.isInteger(middle) ? middle : 2 * Math.round(middle / 2);
}

/**
 * The picture as a network's input, [1, C, H, W] with C = 3 or 1, equal to what torchvision's transforms make of
 * the same pixels as a PIL image.
 *
 * @throws {ImageError} where mean or std do not fit the channels, or the picture would be beyond the limit.
 */
export function preprocess(raster: Raster, preprocessing: Preprocessing): Tensor<"float32"> {
  const { rescale, mean, std, channels } = preprocessing;
  const sources = { rgb: [0, 1, 2], bgr: [2, 1, 0], luma: [0] }[channels];
  if (mean.length !== sources.length || std.length !== sources.length) {
    throw new ImageError(
      `mean has ${mean.length} numbers and std ${std.length}, but ${channels} has ${sources.length} channels`,
    );
  }
  const view = viewOf(raster, preprocessing);
  const size = view.width * view.height;
  const data = new Float32Array(sources.length * size);
  sources.forEach((source, c) => {
    const numbers = numbersOf(rescale, mean[c]!, std[c]!);
    for (let i = 0; i < size; i++) data[c * size + i] = numbers[view.data[i * 3 + source]!]!;
  });
  return float32([1, sources.length, view.height, view.width], data);
}

/** What black and white pixels become, channel by channel. */
export function pixelRange({ rescale, mean, std }: Preprocessing): {
  readonly black: readonly number[];
  readonly white: readonly number[];
} {
  const all = mean.map((m, c) => numbersOf(rescale, m, std[c]!));
  return { black: all.map((numbers) => numbers[0]!), white: all.map((numbers) => numbers[255]!) };
}

/** The number for each of the 256 bytes, rounded to float32 after each step as PyTorch rounds. */
function numbersOf(rescale: number, mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const centered = Math.fround(Math.fround(byte * rescale) - Math.fround(mean));
    return centered / Math.fround(std);
  });
}
