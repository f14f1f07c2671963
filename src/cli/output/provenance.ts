import type { MaskTarget } from "../../target/target.js";
import { bytesOf } from "../../tensor/tensor.js";
import { feedSettings } from "../input/feeds.js";
import { isArrayFile, type InputFile } from "../input/inputs.js";
import type { Asked, OpenedRun } from "../commands/open-run.js";
import type { Provenance } from "./manifest.js";
import { sha256 } from "../input/model-file.js";
import type { ExplainFlags } from "../flags/options.js";
import type { Versions } from "../package-files.js";
import { drawingOf } from "./write-explanation.js";

/** Settings shared by all samples of a run. */
export interface RunSettings extends OpenedRun, Asked {
  readonly versions: Versions;
  readonly flags: ExplainFlags;
  /** The target as it is written, if not that of the flags. */
  readonly targetText?: string;
  /** All of the method's. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Everything that determines the result of a sample. */
export function provenanceOf(
  run: RunSettings,
  file: InputFile,
  hash: string,
  sample?: number,
): Provenance {
  const { versions, flags, model, preprocessing, labels, feeds, settings } = run;
  const { path, sha256: modelHash, externalSha256 } = model;
  // For arrays, preprocessing matters only if the method fills with black or white.
  const isUsed = !isArrayFile(file.path) || isColour.has(settings["baseline"]);
  return {
    versions,
    model: { path, sha256: modelHash, ...(externalSha256 ? { externalSha256 } : {}) },
    input: { path: file.path, sha256: hash, ...(sample === undefined ? {} : { sample }) },
    ...(model.inspection.image ? { image: model.inspection.image } : {}),
    settings: {
      method: flags.method.method,
      methodSettings: settings,
      target: run.targetText ?? flags.target.text,
      versus: flags.versus?.text ?? null,
      quantity: flags.quantity,
      ...maskSettings(run),
      input: model.input.name,
      output: model.output.name,
      feeds: feedSettings(feeds),
      ...(model.inspection.fixedNoise ? { fixedNoise: model.inspection.fixedNoise } : {}),
      preprocessing:
        preprocessing && isUsed && model.model.takesPictures()
          ? { source: preprocessing.source, ...model.model.fit(preprocessing.settings) }
          : null,
      labels: labels?.source ?? null,
      size: flags.size ?? null,
      ...(flags.straightThrough === true ? { straightThrough: true } : {}),
      ...drawingOf(flags),
      backend: flags.backend,
      provider: flags.provider,
      threads: flags.threads ?? null,
      batch: flags.batch,
    },
  };
}

/** Hashes of the masks named by --target and --versus. */
function maskSettings({ target, contrast: { versus } }: RunSettings): object {
  const hashOf = ({ mask }: MaskTarget): string =>
    sha256(`${mask.dtype} [${mask.dims.join(",")}] ${sha256(bytesOf(mask))}`);
  const chosen = "mask" in target ? target : undefined;
  const other = typeof versus === "object" && "mask" in versus ? versus : undefined;
  return {
    ...(chosen ? { mask: hashOf(chosen) } : {}),
    ...(other ? { versusMask: hashOf(other) } : {}),
  };
}

const isColour: ReadonlySet<unknown> = new Set(["black", "white"]);
