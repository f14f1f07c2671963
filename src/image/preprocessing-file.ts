import { InputError } from "../errors.js";
import { isPlain, parsePlain } from "./plain-preprocessing.js";
import { presets, type Preprocessing } from "./preprocess.js";
import type { Resample } from "./resample.js";
import { isFields, isLength, SettingsFile } from "./settings-file.js";

/**
 * Reads preprocessing settings from the parsed JSON of a Hugging Face `preprocessor_config.json`, a timm
 * `config.json` (or its `pretrained_cfg` alone), or the fields mean, std, resize, crop, range, channels, interpolation.
 *
 * Defaults for missing fields: in Hugging Face files, a step is applied if its settings are present, resampling is
 * bilinear and the factor 1/255; timm's defaults are bicubic, crop_pct 0.875 and centre crop. There, a missing mean is
 * an error. Resize and crop are ImageNet's in a file that mentions neither.
 *
 * @param name the file's name in error messages
 * @throws {InputError} naming the field that is missing, malformed, or requests an unsupported step
 * @see https://huggingface.co/docs/transformers/main_classes/image_processor
 * @see https://huggingface.co/docs/timm/reference/data
 */
export function parsePreprocessing(json: unknown, name: string): Preprocessing {
  if (!isFields(json)) throw new InputError(`${name}: the file must contain a JSON object`);
  const file = new SettingsFile(json, name);
  if (isFields(json["pretrained_cfg"]))
    return parseTimm(new SettingsFile(json["pretrained_cfg"], name));
  if ("input_size" in json) return parseTimm(file);
  if (isPlain(json)) return parsePlain(file);
  const known = ["size", "crop_size", "image_mean", "do_normalize", "do_rescale"];
  if (known.some((field) => field in json)) return parseHuggingFace(file);
  throw new InputError(
    `${name} is neither a Hugging Face preprocessor_config.json (size, image_mean …), ` +
      `a timm config (pretrained_cfg with input_size, mean …), nor {"mean": [0.5], "std": [0.5]}`,
  );
}

// Pillow's codes, as used by transformers.
const pillowFilters: readonly Resample[] = [
  "nearest",
  "lanczos",
  "bilinear",
  "bicubic",
  "box",
  "hamming",
];

// Steps that change pixels and are handled below. Any other "do_…" field that is true is an error.
const steps = new Set([
  "do_resize",
  "do_center_crop",
  "do_rescale",
  "do_normalize",
  "do_convert_rgb",
  "do_flip_channel_order",
]);

function parseHuggingFace(file: SettingsFile): Preprocessing {
  for (const [field, value] of Object.entries(file.fields)) {
    if (field.startsWith("do_") && value === true && !steps.has(field)) {
      file.fail(field, "requests an unsupported step: it must be false");
    }
  }
  const code = file.has("resample") ? file.fields["resample"] : 2;
  const filter = pillowFilters[code as number];
  if (filter === undefined) file.fail("resample", "must be one of Pillow's codes 0 to 5");
  const rescales = file.flag("do_rescale", true);
  const color = huggingFaceColor(file);
  return {
    ...huggingFaceGeometry(file),
    resample: filter,
    rescale: rescales ? file.positive("rescale_factor", 1 / 255) : 1,
    ...color,
    channels:
      color.mean.length === 1 ? "luma" : file.flag("do_flip_channel_order", false) ? "bgr" : "rgb",
  };
}

function huggingFaceColor(file: SettingsFile): { mean: number[]; std: number[] } {
  const normalizes = file.flag("do_normalize", true);
  const mean = normalizes ? file.channels("image_mean") : [0, 0, 0];
  const std = normalizes ? file.divisors("image_std") : [1, 1, 1];
  if (mean.length !== std.length) file.fail("image_std", `must have ${mean.length} numbers`);
  return {
    // EfficientNet's processor subtracts 1 from the rescaled values if this is set.
    mean: file.flag("rescale_offset", false) ? mean.map((m) => m + 1) : mean,
    // It divides by std twice if this is set; published configs store the square root of the usual std.
    std: normalizes && file.flag("include_top", false) ? std.map((s) => s * s) : std,
  };
}

const geometryFields = ["size", "crop_size", "do_resize", "do_center_crop"];

function huggingFaceGeometry(file: SettingsFile): Pick<Preprocessing, "resize" | "crop"> {
  if (!geometryFields.some((field) => file.has(field))) {
    const { resize, crop } = presets.imagenet;
    return { resize, crop };
  }
  const crops = file.flag("do_center_crop", file.has("crop_size"));
  const crop = crops ? { crop: file.size("crop_size") } : {};
  if (!file.flag("do_resize", file.has("size"))) return crop;

  const size = file.fields["size"];
  // ConvNext's processor (used by ResNet, RegNet and ConvNeXt) gives the retained fraction of the picture as
  // crop_pct.
  if ("crop_pct" in file.fields) {
    const edge = isFields(size) ? size["shortest_edge"] : size;
    if (!isLength(edge))
      return file.fail("size", `must be an edge in pixels where crop_pct is given`);
    const square = { height: edge, width: edge };
    if (!crops && edge >= 384) return { resize: square };
    const shortestEdge = Math.trunc(edge / file.positive("crop_pct", 224 / 256));
    return { resize: { shortestEdge }, crop: square, ...crop };
  }
  if (isFields(size) && isLength(size["shortest_edge"]) && !("longest_edge" in size)) {
    return { resize: { shortestEdge: size["shortest_edge"] }, ...crop };
  }
  // A bare number is the shortest edge if a crop follows (CLIP), otherwise the side of a square (ViT).
  if (isLength(size) && crops) return { resize: { shortestEdge: size }, ...crop };
  return { resize: file.size("size"), ...crop };
}

function parseTimm(file: SettingsFile): Preprocessing {
  const input = file.fields["input_size"];
  const [depth, height, width] = Array.isArray(input) ? (input as unknown[]) : [];
  if ((depth !== 3 && depth !== 1) || !isLength(height) || !isLength(width)) {
    return file.fail("input_size", "must be [channels, height, width]");
  }
  const mean = file.channels("mean");
  const std = file.divisors("std");
  if (mean.length !== depth)
    file.fail("mean", `must have ${depth} numbers, as input_size has channels`);
  if (std.length !== depth)
    file.fail("std", `must have ${depth} numbers, as input_size has channels`);

  const part = file.positive("crop_pct", 0.875);
  const scaled = { height: Math.floor(height / part), width: Math.floor(width / part) };
  const mode = file.has("crop_mode") ? file.fields["crop_mode"] : "center";
  if (mode !== "center" && mode !== "squash")
    file.fail("crop_mode", `must be "center" or "squash"`);
  if (mode === "center" && height !== width) {
    file.fail("input_size", `must be square with crop_mode "center"`);
  }
  const interpolation = file.has("interpolation") ? file.fields["interpolation"] : "bicubic";
  const filter = pillowFilters.find((known) => known === interpolation);
  if (filter === undefined)
    file.fail("interpolation", `must be one of ${pillowFilters.join(", ")}`);
  return {
    resize: mode === "center" ? { shortestEdge: scaled.height } : scaled,
    resample: filter,
    crop: { height, width },
    rescale: presets.imagenet.rescale,
    mean,
    std,
    channels: depth === 1 ? "luma" : "rgb",
  };
}
