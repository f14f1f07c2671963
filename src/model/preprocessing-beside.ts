import { anything, readJson } from "../files/json.js";
import { readFileIfPresent } from "../files/read-file.js";
import { parsePreprocessing } from "../image/preprocessing-file.js";
import type { Preprocessing } from "../image/preprocess.js";

/** Preprocessing settings and the file they are from. */
export interface PreprocessingFile {
  readonly source: string;
  readonly settings: Preprocessing;
}

/** The settings file of one model, in its folder. */
export const ownSettingsFile = (modelPath: string): string =>
  `${modelPath.replace(/\.onnx$/i, "")}.preprocess.json`;

/**
 * The preprocessing settings in the folder of a model: MODEL.preprocess.json, or Hugging Face's
 * preprocessor_config.json. undefined in a browser, which cannot list a folder.
 *
 * @throws {InputError} if the file cannot be used
 */
export async function preprocessingBeside(
  modelPath: string,
): Promise<PreprocessingFile | undefined> {
  const folder = modelPath.slice(
    0,
    Math.max(modelPath.lastIndexOf("/"), modelPath.lastIndexOf("\\")) + 1,
  );
  for (const source of [ownSettingsFile(modelPath), `${folder}preprocessor_config.json`]) {
    const bytes = await readFileIfPresent(source, "the preprocessing settings");
    if (!bytes) continue;
    const text = new TextDecoder().decode(bytes);
    return { source, settings: parsePreprocessing(readJson(text, anything, source), source) };
  }
  return undefined;
}
