import { feedSettings, type Feed } from "./feeds.js";
import { isArrayFile, type InputFile } from "./inputs.js";
import type { Labels } from "./labels.js";
import type { Provenance } from "./manifest.js";
import type { ExplainableModel } from "./model-file.js";
import type { ExplainFlags } from "./options.js";
import type { Versions } from "./package-files.js";
import type { ChosenPreprocessing } from "./preprocessing.js";
import { drawingOf } from "./write-explanation.js";

/** What holds for all samples of a run. */
export interface RunSettings {
  readonly versions: Versions;
  readonly flags: ExplainFlags;
  readonly model: ExplainableModel;
  readonly preprocessing: ChosenPreprocessing | undefined;
  readonly labels: Labels | undefined;
  readonly feeds: readonly Feed[];
  /** All of the method's. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Everything that the result of a sample depends on. */
export function provenanceOf(
  { versions, flags, model, preprocessing, labels, feeds, settings }: RunSettings,
  file: InputFile,
  hash: string,
  sample?: number,
): Provenance {
  const { path, sha256: modelHash, externalSha256 } = model;
  // Of an array it matters only where the method fills with black or white.
  const isUsed = !isArrayFile(file.path) || isColour.has(settings["baseline"]);
  return {
    versions,
    model: { path, sha256: modelHash, ...(externalSha256 ? { externalSha256 } : {}) },
    input: { path: file.path, sha256: hash, ...(sample === undefined ? {} : { sample }) },
    ...(model.inspection.image ? { image: model.inspection.image } : {}),
    settings: {
      method: flags.method,
      methodSettings: settings,
      target: flags.target,
      versus: flags.versus ?? null,
      quantity: flags.quantity,
      input: model.input.name,
      output: model.output.name,
      feeds: feedSettings(feeds),
      preprocessing:
        preprocessing && isUsed && model.model.takesPictures()
          ? { source: preprocessing.source, ...model.model.fit(preprocessing.settings) }
          : null,
      labels: labels?.source ?? null,
      size: flags.size ?? null,
      ...drawingOf(flags),
      backend: flags.backend,
      provider: flags.provider,
      threads: flags.threads ?? null,
      batch: flags.batch,
    },
  };
}

const isColour: ReadonlySet<unknown> = new Set(["black", "white"]);
