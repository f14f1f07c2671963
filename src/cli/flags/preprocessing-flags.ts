import { InvalidArgumentError, Option, type Command } from "commander";
import type { GivenPreprocessing } from "../../image/given-preprocessing.js";
import type { Size } from "../../image/preprocess.js";
import { maxPixels } from "../../image/raster.js";
import { resampleFilters } from "../../image/resample.js";

/** The flags that say how a picture becomes the network's input. */
export interface PreprocessingFlags extends GivenPreprocessing {
  readonly preprocess?: string | undefined;
}

/** Adds --preprocess, and a flag for each of its settings. */
export function addPreprocessingFlags(command: Command, preprocess: string): Command {
  return command
    .option("--preprocess <how>", preprocess)
    .option(
      "--mean <numbers>",
      "mean of each channel, in the network's order, or one for all: 0.485,0.456,0.406",
      numbers,
    )
    .option("--std <numbers>", "standard deviation of each channel: 0.229,0.224,0.225", divisors)
    .option(
      "--range <black,white>",
      "pixel values before mean and std: 0,1 (default), -1,1 (Keras) or 0,255 (Caffe)",
      parseRange,
    )
    .addOption(
      new Option(
        "--channels <order>",
        "order of the network's channels; bgr for OpenCV and Caffe",
      ).choices(["rgb", "bgr"]),
    )
    .option(
      "--resize <size>",
      "the shorter side in pixels, HEIGHTxWIDTH for exact sides, or none",
      parseResize,
    )
    .option("--crop <size>", "the centre crop: a side in pixels, HEIGHTxWIDTH, or none", parseCrop)
    .addOption(
      new Option("--interpolation <filter>", "the filter of the resize").choices(resampleFilters),
    );
}

/** The flags among them that were given, as they are written. */
export function givenFlags(flags: GivenPreprocessing): readonly string[] {
  const { mean, std, range, channels, resize, crop, interpolation } = flags;
  return Object.entries({ mean, std, range, channels, resize, crop, interpolation }).flatMap(
    ([name, value]) => (value === undefined ? [] : [`--${name}`]),
  );
}

function numbers(text: string): readonly number[] {
  const values = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (values.every(Number.isFinite) && (values.length === 1 || values.length === 3)) return values;
  throw new InvalidArgumentError("It must be three numbers with commas between, or one.");
}

function divisors(text: string): readonly number[] {
  const values = numbers(text);
  if (values.every((v) => v > 0)) return values;
  throw new InvalidArgumentError("Every number must be positive: the network divides by it.");
}

function parseRange(text: string): readonly [number, number] {
  const [black = NaN, white = NaN, ...others] = text.split(",").map(Number);
  const isRange = Number.isFinite(black) && Number.isFinite(white) && black !== white;
  if (isRange && others.length === 0) return [black, white];
  throw new InvalidArgumentError(
    "It must be the values of black and white, such as 0,1 or -1,1 or 0,255.",
  );
}

function parseResize(text: string): GivenPreprocessing["resize"] {
  if (text === "none") return text;
  const edge = /^\d+$/.test(text) ? Number(text) : 0;
  if (edge >= 1 && edge * edge <= maxPixels) return { shortestEdge: edge };
  return parseSize(text, "or one length for the shorter side, such as 256, or none");
}

function parseCrop(text: string): GivenPreprocessing["crop"] {
  return text === "none" ? text : parseSize(text, "such as 224 or 224x224, or none");
}

/** "224", or "192x224" as height and width. @throws {InvalidArgumentError} with `others`, which would work too */
export function parseSize(text: string, others = "such as 224 or 224x224"): Size {
  const found = /^(?<height>\d+)(?:x(?<width>\d+))?$/i.exec(text)?.groups ?? {};
  const height = Number(found["height"] ?? 0);
  const width = Number(found["width"] ?? height);
  if (height >= 1 && width >= 1 && height * width <= maxPixels) return { height, width };
  throw new InvalidArgumentError(`It must be HEIGHTxWIDTH in pixels, ${others}.`);
}
