import { UsageError } from "../../errors.js";
import type { Network } from "../../evaluate/scorer.js";
import type { Explainer } from "../../evaluate/subject.js";
import type { EvaluationTest } from "../../evaluate/test.js";
import { feedsFor, feedSettings, type Feed, type GivenFeed } from "../input/feeds.js";
import { isArrayFile, type InputFile } from "../input/inputs.js";
import type { Labels } from "../../model/label-names.js";
import type { OpenedRun } from "../commands/open-run.js";
import type { ExplainableModel } from "../input/model-file.js";
import type { SaidNote } from "../output/note-lines.js";
import { versions } from "../package-files.js";
import type { Reporter } from "../output/reporter.js";
import type { TargetExpression } from "../../target/parse.js";
import type { Model } from "../../model/model.js";
import { chooseTarget } from "../../model/choose-target.js";
import { readBoxes } from "./boxes.js";
import { withSmoothed, type Smoothing } from "../../evaluate/smoothed-maps.js";
import { classesOfFolders, type ClassOf } from "./class-folders.js";
import { settingsIn, type EvaluateFlags } from "./evaluate-options.js";
import { baselineMakers, methodMaker } from "./method-makers.js";
import type { SubjectReader } from "./subjects.js";

/** Methods, files, and everything that determines the numbers. */
export interface EvaluationSetup {
  readonly test: EvaluationTest;
  readonly model: ExplainableModel;
  readonly files: readonly InputFile[];
  readonly flags: EvaluateFlags;
  readonly reporter: Reporter;
  /** Notes about maps so far. */
  readonly notes: readonly SaidNote[];
  /** The methods, then the baselines. */
  readonly makers: readonly Explainer[];
  readonly subjects: SubjectReader;
  /** Of the test. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** How many layers are randomised at each stage of the test; none for most tests. */
  readonly stages: readonly number[];
  readonly provenance: EvaluationProvenance;
}

/** As reports and the journal have it. */
export interface EvaluationProvenance {
  readonly versions: object;
  readonly model: { readonly path: string; readonly sha256: string };
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Collects the parts of an evaluation and the settings that determine its numbers.
 *
 * @throws {UsageError} if a flag does not apply to an evaluation
 */
export async function setUp(
  test: EvaluationTest,
  { model, preprocessing, labels, feeds, reader, targetOf, versus }: OpenedRun & Targets,
  files: readonly InputFile[],
  flags: EvaluateFlags,
  reporter: Reporter,
): Promise<EvaluationSetup> {
  checkShared(feeds);
  const network: Network = {
    predict: (x) =>
      model.model.predict(model.model.fromImage(x), { feeds: feedsFor(feeds, [undefined]) }),
  };
  const fitted = model.model.takesPictures()
    ? model.model.fit(reader.preprocessing)
    : reader.preprocessing;
  const settings = settingsIn(flags, test);
  const boxes = flags.boxes === undefined ? undefined : await readBoxes(flags.boxes);
  const { path, sha256, externalSha256 } = model;
  const notes: SaidNote[] = [];
  return {
    ...{ test, model, files, flags, reporter, notes },
    makers: [
      ...judgedMakers(model.model, flags, settings, (note) => notes.push(note)),
      ...baselineMakers(model.model, flags.seed),
    ],
    subjects: {
      reader,
      preprocessing: fitted,
      network,
      batch: flags.batch,
      ...(targetOf ? { targetOf } : {}),
      ...(versus === undefined ? {} : { versus }),
      ...(boxes ? { boxes: boxes.all } : {}),
    },
    settings,
    stages: test.stages?.(settings, model.model.layers().length) ?? [],
    provenance: {
      versions: versions(),
      model: { path, sha256, ...(externalSha256 ? { externalSha256 } : {}) },
      settings: {
        ...settings,
        target: flags.target.text,
        ...(versus === undefined ? {} : { versus }),
        ...(flags.quantity === "score" ? {} : { quantity: flags.quantity }),
        seed: flags.seed,
        input: model.input.name,
        output: model.output.name,
        size: flags.size ?? null,
        ...(boxes ? { boxes: boxes.sha256 } : {}),
        feeds: feedSettings(feeds),
        preprocessing: { source: preprocessing?.source, ...fitted },
        labels: labels?.source ?? null,
        backend: flags.backend,
        provider: flags.provider,
      },
    },
  };
}

/** The methods that are judged, and after a method its smoothed form if that is asked for. */
export function judgedMakers(
  model: Model,
  { method, quantity, smoothMaps, smoothCells: cells }: EvaluateFlags,
  { rank, sign }: Readonly<Record<string, unknown>>,
  onNote?: (note: SaidNote) => void,
): readonly Explainer[] {
  const how: Smoothing = {
    cells,
    sign: rank === "absolute" || sign === "absolute" ? "absolute" : "signed",
  };
  return method.flatMap((one) => {
    const maker = methodMaker(model, one, { quantity, ...(onNote ? { onNote } : {}) });
    return smoothMaps?.some(({ name }) => name === one.name) ? withSmoothed(maker, how) : [maker];
  });
}

function checkShared(feeds: readonly Feed[]): void {
  const own = feeds.find((feed): feed is GivenFeed => !feed.zeros && feed.perSample);
  if (!own) return;
  throw new UsageError(
    `--feed ${own.name}=${own.path} has a row for each sample; an evaluation takes one for all`,
  );
}

/** The class of each file; undefined if it is the network's first choice. */
export interface Targets {
  readonly targetOf: ClassOf | undefined;
  /** The class that is subtracted in what is explained. */
  readonly versus: number | "second" | undefined;
}

/**
 * Reads --target of an evaluation.
 *
 * @throws {UsageError} if the model is not a classifier, or the target is not one class for each image
 */
export function targetsIn(files: readonly InputFile[], { target, versus }: EvaluateFlags) {
  return (labels: Labels | undefined, model: ExplainableModel): Targets => {
    const { classes, name } = model.output;
    if (classes === undefined) {
      throw new UsageError(
        `output "${name}" has no class scores [N,K]; an evaluation needs a classifier`,
      );
    }
    return {
      targetOf: chooseTargets(target, files, model, labels, classes),
      versus: versus && chooseVersus(versus, model, labels),
    };
  };
}

function chooseVersus(
  asked: TargetExpression,
  model: ExplainableModel,
  labels: Labels | undefined,
): number | "second" {
  if (asked.text === "second") return "second";
  const chosen = chooseTarget(asked, labels, model, "--versus");
  if (chosen.kind === "class") return chosen.class;
  throw new UsageError(
    `--versus ${asked.text}: an evaluation takes one class, or second (the best class beside the target)`,
  );
}

function chooseTargets(
  asked: TargetExpression,
  files: readonly InputFile[],
  model: ExplainableModel,
  labels: Labels | undefined,
  classes: number,
): ClassOf | undefined {
  const { text } = asked;
  if (text === "folder") {
    const pictures = files.map((file) => file.path).filter((path) => !isArrayFile(path));
    if (pictures.length < files.length) {
      throw new UsageError("--target folder: .npy files have no class folder");
    }
    return classesOfFolders(pictures, labels, classes);
  }
  const target = chooseTarget(asked, labels, model);
  if (target.kind === "top") return undefined;
  if (target.kind === "class") return () => target.class;
  throw new UsageError(
    `--target ${text}: an evaluation takes top, one class, or folder (the name of an image's folder)`,
  );
}
