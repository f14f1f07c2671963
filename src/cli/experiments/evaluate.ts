import { join } from "node:path";
import { rowsOf } from "../../tensor/batches.js";
import { runGroup, type ResultStore, type SampleRecord, type TestRun } from "../../evaluate/run.js";
import { guessLink, Scorer, type Link } from "../../evaluate/scorer.js";
import { joinStages } from "../../evaluate/stages.js";
import type { EvaluationTest } from "../../evaluate/test.js";
import { openRun } from "../commands/open-run.js";
import { eachOrAll, failureOf } from "../commands/each-or-all.js";
import { exitCodes } from "../exit-codes.js";
import { findInputs, type Failure } from "../input/inputs.js";
import { namingProvider } from "../flags/engine.js";
import { OutputFolder } from "../output/output-folder.js";
import { Reporter, type Io } from "../output/reporter.js";
import { skippedNote } from "../input/search-folder.js";
import { conclude, requireCharts } from "./conclude.js";
import { repeatableCommand, type Repeatable } from "./provenance.js";
import type { EvaluateFlags } from "./evaluate-options.js";
import { judgedMethods } from "./method-makers.js";
import { SampleJournal } from "./sample-journal.js";
import {
  judgedMakers,
  setUp,
  targetsIn,
  type EvaluationProvenance,
  type EvaluationSetup,
} from "./setup.js";
import { isSingle, nameOf, readFiles, subjectsOf, type ReadFile } from "./subjects.js";
import { timeLeft } from "./time-left.js";

/** `fullgrad evaluate TEST`: judges methods on images and writes a report. Returns the exit code. */
export async function evaluate(
  test: EvaluationTest,
  modelPath: string,
  args: readonly string[],
  given: EvaluateFlags,
  io: Io,
): Promise<number> {
  requireCharts();
  const reporter = new Reporter(io, given);
  const folder = new OutputFolder(given.out);
  const inputs = await findInputs(args, given.out);
  const method = judgedMethods(given.method);
  const flags = { ...given, method };
  const ask = targetsIn(inputs.files, flags);
  return openRun(modelPath, flags, { reporter, hasPictures: true, ask }, async (opened) => {
    const setup = {
      ...(await setUp(test, opened, inputs.files, flags, reporter)),
      command: repeatableCommand(io.argv ?? []),
    };
    const run = new Evaluation(setup, folder, inputs.failures);
    const note = skippedNote(inputs.skipped);
    if (note !== undefined) reporter.note(note);
    return namingProvider(flags, () => run.all());
  });
}

/** Evaluates the images group by group, for each stage of the test, and records results in a journal. */
class Evaluation {
  private readonly setup: EvaluationSetup & Repeatable;
  private readonly folder: OutputFolder;
  /** By message: an unreadable file fails in every stage. */
  private readonly failures: Map<string, Failure>;
  private readonly clock: ReturnType<typeof timeLeft>;
  /** The SHA-256 of each file. */
  private readonly images = new Map<string, string>();
  private link: Link | undefined;
  private done = 0;

  constructor(
    setup: EvaluationSetup & Repeatable,
    folder: OutputFolder,
    failures: readonly Failure[],
  ) {
    this.setup = setup;
    this.folder = folder;
    this.failures = new Map(failures.map((failure) => [failure.error, failure]));
    const { flags, stages, files } = setup;
    if (flags.probability !== "auto") this.link = flags.probability;
    this.clock = timeLeft(files.length * Math.max(1, stages.length));
  }

  async all(): Promise<number> {
    const { test, reporter, stages, model, flags, settings } = this.setup;
    const found: SampleRecord[][] = [];
    for (const count of stages) {
      const other = model.model.randomized(count, flags.seed);
      const judged = judgedMakers(other, flags, settings);
      const pairs = this.setup.makers.map((maker, i) => [maker, judged[i] ?? maker] as const);
      found.push(await this.files({ stage: count, randomized: new Map(pairs) }));
      await other.dispose();
    }
    if (stages.length === 0) found.push(await this.files({}));
    reporter.clear();
    const records = stages.length === 0 ? found[0]! : joinStages(found);
    const failures = [...this.failures.values()];
    if (records.length > 0) {
      const images = [...this.images.values()];
      await conclude(this.setup, this.folder, this.link!, { records, failures, images });
    } else {
      reporter.error(`${test.name}: no image could be evaluated`);
    }
    if (failures.length === 0 && records.length > 0) return exitCodes.done;
    const lines = failures.map(({ error }) => `  ${error}`);
    reporter.error([`${failures.length} failed`, ...lines].join("\n"));
    return exitCodes.failed;
  }

  /** Groups of files are always the same, so that a resumed run gives the same results. */
  private async files(stage: Stage): Promise<SampleRecord[]> {
    const { files, flags, reporter, stages } = this.setup;
    const records: SampleRecord[] = [];
    let pass: EvaluationPass | undefined;
    for (let at = 0; at < files.length; at += flags.batch) {
      const total = files.length * Math.max(1, stages.length);
      reporter.progress(this.done, total, this.clock.line(), false);
      const failures: Failure[] = [];
      const read = await readFiles(files.slice(at, at + flags.batch), failures);
      for (const { file, sha256 } of read) this.images.set(file.path, sha256);
      pass ??= await this.open(read, stage, failures);
      const found = pass && (await this.group(read, pass, failures));
      records.push(...(found?.records ?? []));
      for (const failure of failures) this.failures.set(failure.error, failure);
      const count = Math.min(flags.batch, files.length - at);
      this.clock.count(count, found?.isNew ?? false);
      this.done += count;
    }
    return records;
  }

  /**
   * Journal and scorer. The first sample that the network answers decides how a probability comes of an output; where it
   * answers none, each of them is a failure.
   */
  private async open(
    read: readonly ReadFile[],
    { stage, ...stageRun }: Stage,
    failures: Failure[],
  ): Promise<EvaluationPass | undefined> {
    const { test, flags, subjects, makers, settings, provenance } = this.setup;
    this.link ??= await this.guess(read, failures);
    if (!this.link) return undefined;
    const scorer = new Scorer(subjects.network, this.link, Math.max(flags.batch, usualBatch));
    // Where things lie, and which Node runs, makes no difference.
    const keys = {
      test: test.name,
      link: this.link,
      versions: { ...provenance.versions, node: "" },
      model: { ...provenance.model, path: "" },
      settings: withoutSources(provenance.settings),
      ...(stage === undefined ? {} : { stage }),
    };
    // A stage is one place of the axis of all stages.
    const axis = stage === undefined ? test.axis?.(settings, []) : undefined;
    const journal = new SampleJournal(join(this.folder.path, `${test.name}.samples.jsonl`), keys, {
      measures: test.measures(settings),
      ...(axis ? { axis } : {}),
    });
    const run: TestRun = { test, settings, makers, scorer, seed: flags.seed, ...stageRun };
    return { journal, run };
  }

  private async guess(read: readonly ReadFile[], failures: Failure[]): Promise<Link | undefined> {
    const { subjects } = this.setup;
    const failed: Failure[] = [];
    for (const { subject } of (await subjectsOf(read, subjects, failed)).flat()) {
      const [output] = await eachOrAll(
        [subject],
        ([{ x } = subject]) => subjects.network.predict(x),
        ({ name }, error) => failed.push(failureOf(name, error)),
      );
      if (output) return guessLink(rowsOf(output, 1)[0]!);
    }
    failures.push(...failed);
    return undefined;
  }

  private async group(
    read: readonly ReadFile[],
    { journal, run }: EvaluationPass,
    failures: Failure[],
  ): Promise<{ readonly records: readonly SampleRecord[]; readonly isNew: boolean }> {
    const known = read.map((file) => this.knownOf(file, journal));
    // A picture is one sample, so that finished ones need not be decoded.
    if (known.every((records) => records !== undefined)) {
      return { records: known.flat(), isNew: false };
    }
    const { subjects, makers } = this.setup;
    const records: SampleRecord[] = [];
    for (const group of await subjectsOf(read, subjects, failures)) {
      const digests = new Map(group.map(({ subject, digest }) => [subject, digest]));
      const keeper: ResultStore = {
        find: (subject, { name }) => journal.find(digests.get(subject)!, subject.name, name),
        add: (subject, record) => {
          journal.add(digests.get(subject)!, record);
        },
      };
      const failed = await eachOrAll(
        [...digests.keys()],
        (some) => runGroup(run, some, keeper),
        ({ name }, error) => failures.push(failureOf(name, error)),
      );
      for (const { sample, method = "", error } of failed.flat()) {
        failures.push({ input: sample, error: `${sample}, ${method}: ${error}` });
      }
      for (const { subject, digest } of group) {
        records.push(
          ...makers.flatMap(({ name }) => journal.find(digest, subject.name, name) ?? []),
        );
      }
    }
    return { records, isNew: true };
  }

  /** The results of a picture, where all are known. */
  private knownOf(file: ReadFile, journal: SampleJournal): readonly SampleRecord[] | undefined {
    if (!isSingle(file)) return undefined;
    const { makers } = this.setup;
    const sample = nameOf(file.file.path);
    const found = makers.flatMap(({ name }) => journal.find(file.digest, sample, name) ?? []);
    return found.length === makers.length ? found : undefined;
  }
}

/** The settings without the paths that preprocessing and labels were read from. */
function withoutSources(settings: EvaluationProvenance["settings"]): object {
  const preprocessing = { ...(settings["preprocessing"] as object), source: "" };
  return { ...settings, preprocessing, labels: "" };
}

/** What is compared with, in tests that compare with randomised networks. */
interface Stage extends Pick<TestRun, "randomized"> {
  readonly stage?: number;
}

interface EvaluationPass {
  readonly journal: SampleJournal;
  readonly run: TestRun;
}

/** Changed pictures that are run at once, where fewer images are: more are hardly faster on a CPU. */
const usualBatch = 4;
