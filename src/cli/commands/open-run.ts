import { presets } from "../../image/preprocess.js";
import type { TargetChoice } from "../../model/choose-target.js";
import type { Labels } from "../../model/label-names.js";
import { chooseContrast, type ChosenContrast, type ContrastFlags } from "../flags/contrast.js";
import { chooseLabels } from "../flags/labels.js";
import { chooseTargetOrMask } from "../flags/mask-target.js";
import type { RunFlags } from "../flags/options.js";
import {
  choosePreprocessing,
  preprocessingFor,
  type ChosenPreprocessing,
} from "../flags/preprocessing.js";
import { readFeeds, type Feed } from "../input/feeds.js";
import { findInputs, isArrayFile, type Inputs } from "../input/inputs.js";
import { readExplainableModel, type ExplainableModel } from "../input/model-file.js";
import type { SampleReader } from "../input/samples.js";
import { skippedNote } from "../input/search-folder.js";
import type { Reporter } from "../output/reporter.js";

/** A model that is open, and everything that the flags of a run say about it. */
export interface OpenedRun {
  readonly model: ExplainableModel;
  /** undefined where no input is a picture. */
  readonly preprocessing: ChosenPreprocessing | undefined;
  readonly labels: Labels | undefined;
  readonly feeds: readonly Feed[];
  /** Reads samples for the model. */
  readonly reader: SampleReader;
}

/** What is explained: a target, and beside it a class to compare with and a quantity. */
export interface Asked {
  readonly target: TargetChoice;
  readonly contrast: ChosenContrast;
}

interface Opening<Q> {
  readonly reporter: Reporter;
  /** Whether preprocessing is needed. */
  readonly hasPictures: boolean;
  /** Reads the flags that name targets. */
  readonly ask: (labels: Labels | undefined, model: ExplainableModel) => Q | Promise<Q>;
}

/**
 * Opens the model, reads preprocessing, labels, targets and feeds, and passes them to `body`. The model is disposed
 * afterwards, whatever throws.
 *
 * @throws {UsageError} @throws {TargetError} where a flag does not fit the model
 * @throws {UnsupportedModelError} @throws {UnexplainableModelError} where the model cannot be explained
 */
export async function openRun<Q, R>(
  path: string,
  flags: RunFlags,
  { reporter, hasPictures, ask }: Opening<Q>,
  body: (run: OpenedRun & Q) => Promise<R>,
): Promise<R> {
  const chosen = hasPictures ? await choosePreprocessing(flags.preprocess, path) : undefined;
  const model = await readExplainableModel(path, flags);
  try {
    const preprocessing = chosen && preprocessingFor(model.model, chosen);
    const labels = await chooseLabels(flags.labels, model.output.classes);
    const asked = await ask(labels, model);
    const feeds = await readFeeds(flags.feed, model);
    if (preprocessing) {
      reporter.note(`preprocessing: ${preprocessing.source} (${preprocessing.reason})`);
    }
    const reader = {
      ...{ model: model.model, port: model.input, maxPixels: flags.maxPixels },
      preprocessing: preprocessing?.settings ?? presets.imagenet,
    };
    return await body({ model, preprocessing, labels, feeds, reader, ...asked });
  } finally {
    reporter.clear();
    await model.model.dispose();
  }
}

/**
 * As {@link openRun}, for the files and folders that a command is given, with what --target, --versus and --quantity
 * ask of them.
 *
 * @throws {UsageError} where an argument is the output folder itself
 */
export async function openRunOver<R>(
  path: string,
  args: readonly string[],
  flags: RunFlags & ContrastFlags,
  { reporter, out }: { readonly reporter: Reporter; readonly out: string },
  body: (run: OpenedRun & Asked & { readonly inputs: Inputs }) => Promise<R>,
): Promise<R> {
  const inputs = await findInputs(args, out);
  const hasImages = inputs.files.some((file) => !isArrayFile(file.path));
  // A flag that makes no sense is an error even where nothing needs it.
  const hasPictures = hasImages || flags.preprocess !== undefined;
  return openRun(path, flags, { reporter, hasPictures, ask: askedBy(flags) }, (run) => {
    const note = skippedNote(inputs.skipped);
    if (note !== undefined) reporter.note(note);
    return body({ ...run, inputs });
  });
}

/** Reads --target, --versus and --quantity. */
export function askedBy(flags: RunFlags & ContrastFlags): Opening<Asked>["ask"] {
  return async (labels, model) => ({
    target: await chooseTargetOrMask(flags.target, labels, model),
    contrast: await chooseContrast(flags, labels, model),
  });
}
