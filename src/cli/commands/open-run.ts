import { presets } from "../../image/preprocess.js";
import type { TargetChoice } from "../../model/choose-target.js";
import type { Labels } from "../../model/label-names.js";
import type { LoadOptions } from "../../model/model-options.js";
import { chooseContrast, type ChosenContrast, type ContrastFlags } from "../flags/contrast.js";
import { chooseLabels } from "../flags/labels.js";
import { chooseTargetOrMask } from "../flags/mask-target.js";
import type { RunFlags } from "../flags/options.js";
import type { EngineThreads } from "./explain/engine-threads.js";
import {
  choosePreprocessing,
  preprocessingFor,
  preprocessingNote,
  preprocessingReport,
  type ChosenPreprocessing,
} from "../flags/preprocessing.js";
import { givenFlags } from "../flags/preprocessing-flags.js";
import { readFeeds, type Feed } from "../input/feeds.js";
import { findInputs, isArrayFile, type Inputs } from "../input/inputs.js";
import { readExplainableModel, type ExplainableModel } from "../input/model-file.js";
import type { SampleReader } from "../input/samples.js";
import { skippedNote } from "../input/search-folder.js";
import type { Reporter } from "../output/reporter.js";

/** An open model, and the flags of a run resolved for it. */
export interface OpenedRun {
  readonly model: ExplainableModel;
  /** undefined if no input is a picture. */
  readonly preprocessing: ChosenPreprocessing | undefined;
  readonly labels: Labels | undefined;
  readonly feeds: readonly Feed[];
  /** Reads samples for the model. */
  readonly reader: SampleReader;
}

/** A request: a target, a class to compare with, and a quantity. */
export interface Asked {
  readonly target: TargetChoice;
  readonly contrast: ChosenContrast;
}

interface Opening<Q> {
  readonly reporter: Reporter;
  /** Whether preprocessing is needed. */
  readonly hasPictures: boolean;
  /** The picture that maps are drawn on: see {@link SampleReader}. */
  readonly pictureSize?: SampleReader["pictureSize"];
  /** Threads that run the model: see {@link LoadOptions.workers}. */
  readonly workers?: LoadOptions["workers"];
  /** Reads the flags that name targets. */
  readonly ask: (labels: Labels | undefined, model: ExplainableModel) => Q | Promise<Q>;
}

/**
 * Opens the model, reads preprocessing, labels, targets and feeds, and passes them to `body`. The model is disposed
 * afterwards, whatever throws.
 *
 * @throws {UsageError} @throws {TargetError} if a flag does not fit the model
 * @throws {UnsupportedModelError} @throws {UnexplainableModelError} if the model cannot be explained
 */
export async function openRun<Q, R>(
  path: string,
  flags: RunFlags,
  { reporter, hasPictures, ask, workers, pictureSize }: Opening<Q>,
  body: (run: OpenedRun & Q) => Promise<R>,
): Promise<R> {
  const chosen = hasPictures ? await choosePreprocessing(flags, path) : undefined;
  const isDetector = flags.target.kind === "detections";
  const model = await readExplainableModel(path, { ...flags, workers }, isDetector);
  try {
    const preprocessing = chosen && preprocessingFor(model.model, chosen, flags);
    const report = preprocessing && preprocessingReport(model, preprocessing);
    const labels = await chooseLabels(flags.labels, model.output.classes);
    const asked = await ask(labels, model);
    const feeds = await readFeeds(flags.feed, model);
    for (const { name } of feeds.filter((feed) => feed.zeros)) {
      reporter.note(`state "${name}": zeros (--feed ${name}=FILE.npy gives another)`);
    }
    if (report) reporter.note(preprocessingNote(report));
    reporter.addToDocument({ ...(report ? { preprocessing: report } : {}) });
    const reader = {
      ...{ model: model.model, port: model.input, maxPixels: flags.maxPixels, pictureSize },
      preprocessing: preprocessing?.settings ?? presets.imagenet,
    };
    return await body({ model, preprocessing, labels, feeds, reader, ...asked });
  } finally {
    reporter.clear();
    await model.model.dispose();
  }
}

interface Over {
  readonly reporter: Reporter;
  /** The output folder, which is not an input. */
  readonly out: string;
  /** Engine threads for runs of many inputs. */
  readonly threads?: EngineThreads;
  readonly pictureSize?: SampleReader["pictureSize"];
}

/**
 * As {@link openRun}, for the files and folders that a command is given, with what --target, --versus and --quantity
 * ask of them.
 *
 * @throws {UsageError} if an argument is the output folder itself
 */
export async function openRunOver<R>(
  path: string,
  args: readonly string[],
  flags: RunFlags & ContrastFlags,
  { reporter, out, threads, pictureSize }: Over,
  body: (run: OpenedRun & Asked & { readonly inputs: Inputs }) => Promise<R>,
): Promise<R> {
  const inputs = await findInputs(args, out);
  const hasImages = inputs.files.some((file) => !isArrayFile(file.path));
  // An invalid flag is an error even if no input needs it.
  const hasPictures = hasImages || flags.preprocess !== undefined || givenFlags(flags).length > 0;
  const workers = threads?.workersFor(inputs.files.length);
  const opening = { reporter, hasPictures, workers, pictureSize, ask: askedBy(flags) };
  return openRun(path, flags, opening, (run) => {
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
