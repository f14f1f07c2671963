import { readFile } from "node:fs/promises";
import { UsageError } from "../../errors.js";
import { baseFor, describePreprocessing, withGiven } from "../../image/given-preprocessing.js";
import { parsePreprocessing } from "../../image/preprocessing-file.js";
import { presets, type Preprocessing } from "../../image/preprocess.js";
import type { Model } from "../../model/model.js";
import { ownSettingsFile, preprocessingBeside } from "../../model/preprocessing-beside.js";
import { anything, readJson } from "../../files/json.js";
import { givenFlags, type PreprocessingFlags } from "./preprocessing-flags.js";
import { messageOf } from "../exit-codes.js";

/** Preprocessing settings and their origin. */
export interface ChosenPreprocessing {
  /** "imagenet", "bytes", "none" or the path of a file, and the flags that replace some of its settings. */
  readonly source: string;
  /** The reason for the choice. */
  readonly reason:
    | "--preprocess"
    | "flags"
    | "beside the model"
    | "the default"
    | "the model takes integers"
    | "the input is no picture";
  readonly settings: Preprocessing;
}

/**
 * The preprocessing that the flags name: that of --preprocess, else of the file beside the model, else ImageNet's, with
 * the settings of --mean, --std, --range, --channels, --resize, --crop and --interpolation in place of its own.
 *
 * @throws {UsageError} if --preprocess is neither a preset nor a readable file
 * @throws {InputError} if the file beside the model cannot be read
 */
export async function choosePreprocessing(
  flags: PreprocessingFlags,
  modelPath: string,
): Promise<ChosenPreprocessing> {
  const base = await choosePreset(flags.preprocess, modelPath);
  const given = givenFlags(flags);
  if (given.length === 0) return base;
  const from = base.reason === "the default" ? baseFor(flags) : base.settings;
  const source = [base.source, ...given].join(" ");
  return { source, reason: "flags", settings: withGiven(from, flags) };
}

async function choosePreset(
  name: string | undefined,
  modelPath: string,
): Promise<ChosenPreprocessing> {
  if (name !== undefined) {
    const reason = "--preprocess";
    if (isPreset(name)) return { source: name, reason, settings: presets[name] };
    try {
      return { source: name, reason, settings: await readSettings(name) };
    } catch (error) {
      throw new UsageError(
        `--preprocess ${name}: ${messageOf(error)}; ` +
          `${Object.keys(presets).join(", ")} or a preprocessing file would work`,
        { cause: error },
      );
    }
  }
  const beside = await preprocessingBeside(modelPath);
  if (beside) return { ...beside, reason: "beside the model" };
  return { source: "imagenet", reason: "the default", settings: presets.imagenet };
}

/**
 * The preprocessing for a model. Without flags and files, a model that takes integers normalizes them inside, and an input
 * other than a picture is taken as it is.
 *
 * @throws {UsageError} if --resize or --crop contradict the fixed size of the model's input
 */
export function preprocessingFor(
  model: Model,
  chosen: ChosenPreprocessing,
  flags: PreprocessingFlags,
): ChosenPreprocessing {
  if (chosen.reason === "flags" && model.takesPictures()) {
    return { ...chosen, settings: fitting(model, chosen.settings, flags) };
  }
  if (chosen.reason !== "the default") return chosen;
  if (model.takesBytes) {
    return { source: "bytes", reason: "the model takes integers", settings: presets.bytes };
  }
  if (model.takesPictures()) return chosen;
  return { source: "none", reason: "the input is no picture", settings: presets.none };
}

/** Settings whose crop is the model's size, so that a given resize is not scaled with it. */
function fitting(
  model: Model,
  settings: Preprocessing,
  { resize, crop }: PreprocessingFlags,
): Preprocessing {
  const isEdge = typeof resize === "object" && "shortestEdge" in resize;
  const size = model.fit(settings).crop;
  const fitted = isEdge && crop === undefined && size ? { ...settings, crop: size } : settings;
  const { resize: resized, crop: cropped } = model.fit(fitted);
  const isKept =
    (crop === undefined || sizeText(cropped) === sizeText(fitted.crop)) &&
    (resize === undefined || sizeText(resized) === sizeText(fitted.resize));
  if (isKept) return fitted;
  const flag = crop === undefined ? "--resize" : "--crop";
  const wanted = sizeText(crop === undefined ? fitted.resize : fitted.crop);
  throw new UsageError(
    `${flag} ${wanted}: the model's input takes pictures of ${sizeText(size ?? resized)} alone; ` +
      "leave the flag out, or give --resize HEIGHTxWIDTH of that size",
  );
}

function sizeText(size: Preprocessing["resize"]): string {
  if (size === undefined) return "none";
  return "shortestEdge" in size ? String(size.shortestEdge) : `${size.height}x${size.width}`;
}

/** Preprocessing as --json has it. */
export interface PreprocessingReport extends Preprocessing {
  readonly source: string;
  readonly reason: string;
  /** True if nothing tells how the network was trained. */
  readonly guessed: boolean;
  /** How to replace a guess. */
  readonly hint?: string;
}

/** Preprocessing as it is applied to pictures of this model; undefined if the input is not a picture. */
export function preprocessingReport(
  { model, path }: { readonly model: Model; readonly path: string },
  { source, reason, settings }: ChosenPreprocessing,
): PreprocessingReport | undefined {
  if (!model.takesPictures()) return undefined;
  const guessed = reason === "the default";
  const hint = `give --mean and --std (and --range, --channels, --resize, --crop), --preprocess FILE, or ${ownSettingsFile(path)}`;
  return { source, reason, guessed, ...(guessed ? { hint } : {}), ...model.fit(settings) };
}

/** "preprocessing: imagenet (the default): …", with the way out of a guess. */
export function preprocessingNote(report: PreprocessingReport): string {
  const { source, reason, hint } = report;
  const origin = `preprocessing: ${source} (${reason})`;
  const details = `${origin}: ${describePreprocessing(report)}`;
  if (hint === undefined) return reason === "flags" ? details : origin;
  return `warning: ${details}. This is a guess: if the network was trained otherwise, its scores and maps are wrong; ${hint}`;
}

function isPreset(name: string): name is keyof typeof presets {
  return Object.hasOwn(presets, name);
}

async function readSettings(path: string): Promise<Preprocessing> {
  return parsePreprocessing(readJson(await readFile(path, "utf8"), anything, path), path);
}
