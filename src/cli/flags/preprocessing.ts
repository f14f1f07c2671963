import { readFile } from "node:fs/promises";
import { UsageError } from "../../errors.js";
import { parsePreprocessing } from "../../image/preprocessing-file.js";
import { presets, type Preprocessing } from "../../image/preprocess.js";
import type { Model } from "../../model/model.js";
import { preprocessingBeside } from "../../model/preprocessing-beside.js";
import { anything, readJson } from "../../files/json.js";
import { messageOf } from "../exit-codes.js";

/** Preprocessing settings and where they are from. */
export interface ChosenPreprocessing {
  /** "imagenet", "bytes", "none", or the path of a file. */
  readonly source: string;
  /** Why this one. */
  readonly reason:
    | "--preprocess"
    | "beside the model"
    | "the default"
    | "the model takes integers"
    | "the input is no picture";
  readonly settings: Preprocessing;
}

/**
 * The preprocessing that the flag names; without the flag, the one that lies beside the model; else ImageNet's.
 *
 * @throws {UsageError} where the flag names nothing that can be used
 * @throws {InputError} where the file beside the model cannot
 */
export async function choosePreprocessing(
  flag: string | undefined,
  modelPath: string,
): Promise<ChosenPreprocessing> {
  if (flag !== undefined) {
    const reason = "--preprocess";
    if (isPreset(flag)) return { source: flag, reason, settings: presets[flag] };
    try {
      return { source: flag, reason, settings: await readSettings(flag) };
    } catch (error) {
      throw new UsageError(
        `--preprocess ${flag}: ${messageOf(error)}; ` +
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
 * The preprocessing for a model where nothing is asked for: one that takes integers normalizes them inside, and what is
 * no picture is taken as it is.
 */
export function preprocessingFor(model: Model, chosen: ChosenPreprocessing): ChosenPreprocessing {
  if (chosen.reason !== "the default") return chosen;
  if (model.takesBytes) {
    return { source: "bytes", reason: "the model takes integers", settings: presets.bytes };
  }
  if (model.takesPictures()) return chosen;
  return { source: "none", reason: "the input is no picture", settings: presets.none };
}

function isPreset(name: string): name is keyof typeof presets {
  return Object.hasOwn(presets, name);
}

async function readSettings(path: string): Promise<Preprocessing> {
  return parsePreprocessing(readJson(await readFile(path, "utf8"), anything, path), path);
}
