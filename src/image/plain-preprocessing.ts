import { baseFor, withGiven, type GivenPreprocessing } from "./given-preprocessing.js";
import type { Preprocessing, Size } from "./preprocess.js";
import { resampleFilters } from "./resample.js";
import { isFields, isLength, type SettingsFile } from "./settings-file.js";

/** True for a file with the field names of the flags or of torchvision's ImageClassification transform. */
export function isPlain(json: Readonly<Record<string, unknown>>): boolean {
  return ["mean", "std", "range", "resize", "crop", "resize_size"].some((field) => field in json);
}

/**
 * Reads `{"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}`, and optionally "resize" and "crop" (a length,
 * [height, width], {height, width} or "none"; also torchvision's resize_size and crop_size), "range" (default [0, 1]),
 * "channels" and "interpolation".
 *
 * @throws {InputError} naming the malformed field
 */
export function parsePlain(file: SettingsFile): Preprocessing {
  const given: GivenPreprocessing = {
    resize: edges(file, "resize", true) ?? edges(file, "resize_size", true),
    crop: edges(file, "crop", false) ?? edges(file, "crop_size", false),
    interpolation: word(file, "interpolation", resampleFilters),
    channels: word(file, "channels", ["rgb", "bgr"] as const),
    range: range(file),
    mean: file.has("mean") ? file.channels("mean") : undefined,
    std: file.has("std") ? file.divisors("std") : undefined,
  };
  return withGiven(baseFor(given), given);
}

function edges(file: SettingsFile, field: string, isResize: true): GivenPreprocessing["resize"];
function edges(file: SettingsFile, field: string, isResize: false): GivenPreprocessing["crop"];
function edges(file: SettingsFile, field: string, isResize: boolean): GivenPreprocessing["resize"] {
  if (!file.has(field)) return undefined;
  const value = file.fields[field];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (value === "none") return "none";
  const [height, width = height] = isFields(value) ? [value["height"], value["width"]] : list;
  if (!isLength(height) || !isLength(width) || list.length > 2) {
    return file.fail(field, `must be a length in pixels, [height, width] or "none"`);
  }
  const isEdge = isResize && list.length === 1 && !isFields(value);
  const size: Size = { height, width };
  return isEdge ? { shortestEdge: height } : size;
}

function word<T extends string>(
  file: SettingsFile,
  field: string,
  words: readonly T[],
): T | undefined {
  if (!file.has(field)) return undefined;
  const found = words.find((known) => known === file.fields[field]);
  return found ?? file.fail(field, `must be one of ${words.join(", ")}`);
}

function range(file: SettingsFile): GivenPreprocessing["range"] {
  if (!file.has("range")) return undefined;
  const value = file.fields["range"];
  const [black, white] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [];
  const isRange = Number.isFinite(black) && Number.isFinite(white) && black !== white;
  return isRange
    ? [Number(black), Number(white)]
    : file.fail("range", "must be two numbers, the values for black and white, such as [0, 1]");
}
