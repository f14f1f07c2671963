import { join } from "node:path";
import { rowsOf } from "../../engine/batches.js";
import { runGroup, type SampleRecord, type TestRun } from "../../evaluate/run.js";
import { guessLink, Scorer, type Link } from "../../evaluate/scorer.js";
import type { EvaluationTest } from "../../evaluate/test.js";
import { exitCodes } from "../exit-codes.js";
import { findInputs, type Failure } from "../inputs.js";
import { namingProvider, readExplainableModel } from "../model-file.js";
import { OutputFolder } from "../output-folder.js";
import { Reporter, type Io } from "../reporter.js";
import { conclude } from "./conclude.js";
import type { EvaluateFlags } from "./evaluate-options.js";
import { Journal } from "./journal.js";
import { setUp, type Setup } from "./setup.js";
import { isSingle, nameOf, readFiles, subjectsOf, type ReadFile } from "./subjects.js";
import { timeLeft } from "./time-left.js";

/** `fullgrad evaluate TEST`: judges methods on images and writes a report. Returns the exit code. */
export async function evaluate(
  test: EvaluationTest,
  modelPath: string,
  args: readonly string[],
  flags: EvaluateFlags,
  io: Io,
): Promise<number> {
  const reporter = new Reporter(io, flags);
  const folder = new OutputFolder(flags.out);
  const inputs = await findInputs(args, flags.out);
  const model = await readExplainableModel(modelPath, flags);
  try {
    const setup = await setUp(test, model, inputs.files, flags, reporter);
    const run = new Evaluation(setup, folder, inputs.failures);
    return await namingProvider(flags.provider, () => run.all());
  } finally {
    reporter.clear();
    await model.model.dispose();
  }
}

/** What is known once the first image is read. */
interface State {
  readonly link: Link;
  readonly journal: Journal;
  readonly run: TestRun;
}

/** Goes through the images group by group and keeps what it finds in a journal. */
class Evaluation {
  private readonly setup: Setup;
  private readonly folder: OutputFolder;
  private readonly failures: Failure[];
  private readonly records: SampleRecord[] = [];

  constructor(setup: Setup, folder: OutputFolder, failures: readonly Failure[]) {
    this.setup = setup;
    this.folder = folder;
    this.failures = [...failures];
  }

  /** Files in groups that are always the same, so that a run that goes on gives what one without a break gives. */
  async all(): Promise<number> {
    const { files, flags, reporter, test } = this.setup;
    let state: State | undefined;
    const clock = timeLeft(files.length);
    for (let at = 0; at < files.length; at += flags.batch) {
      const group = files.slice(at, at + flags.batch);
      reporter.progress(at, files.length, clock.line());
      const read = await readFiles(group, this.failures);
      state ??= await this.open(read);
      const isNew = state !== undefined && (await this.runFiles(read, state));
      clock.count(group.length, isNew);
    }
    reporter.clear();
    const { records, failures } = this;
    if (state && records.length > 0) {
      await conclude(this.setup, this.folder, state.link, { records, failures });
    } else {
      reporter.error(`${test.name}: no image could be evaluated`);
    }
    if (failures.length === 0 && records.length > 0) return exitCodes.done;
    const lines = failures.map(({ error }) => `  ${error}`);
    reporter.error([`${failures.length} failed`, ...lines].join("\n"));
    return exitCodes.failed;
  }

  /** Journal and scorer. The first sample that can be read decides how a probability comes of an output. */
  private async open(read: readonly ReadFile[]): Promise<State | undefined> {
    const { test, flags, subjects, makers, settings, provenance } = this.setup;
    const link = flags.probability === "auto" ? await this.guess(read) : flags.probability;
    if (!link) return undefined;
    const scorer = new Scorer(subjects.network, link, Math.max(flags.batch, usualBatch));
    // Where things lie, and which Node runs, makes no difference.
    const journal = new Journal(join(this.folder.path, `${test.name}.samples.jsonl`), {
      test: test.name,
      link,
      versions: { ...provenance.versions, node: "" },
      model: { ...provenance.model, path: "" },
      settings: provenance.settings,
    });
    return { link, journal, run: { test, settings, makers, scorer, seed: flags.seed } };
  }

  private async guess(read: readonly ReadFile[]): Promise<Link | undefined> {
    const { subjects } = this.setup;
    const [group] = await subjectsOf(read, subjects, []);
    if (!group) return undefined;
    const output = await subjects.network.predict(group[0]!.subject.x);
    return guessLink(rowsOf(output, 1)[0]!);
  }

  /** @returns whether anything had to be computed */
  private async runFiles(read: readonly ReadFile[], state: State): Promise<boolean> {
    const known = read.map((file) => this.knownOf(file, state.journal));
    // A picture is one sample, so that finished ones need not be decoded.
    if (known.every((records) => records !== undefined)) {
      this.records.push(...known.flat());
      return false;
    }
    const { subjects, makers } = this.setup;
    for (const group of await subjectsOf(read, subjects, this.failures)) {
      const digests = new Map(group.map(({ subject, digest }) => [subject, digest]));
      const failures = await runGroup(state.run, [...digests.keys()], {
        find: (subject, { name }) => state.journal.find(digests.get(subject)!, subject.name, name),
        add: (subject, record) => {
          state.journal.add(digests.get(subject)!, record);
        },
      });
      for (const { sample, method = "", error } of failures) {
        this.failures.push({ input: sample, error: `${sample}, ${method}: ${error}` });
      }
      this.records.push(
        ...group.flatMap(({ subject, digest }) =>
          makers.flatMap(({ name }) => state.journal.find(digest, subject.name, name) ?? []),
        ),
      );
    }
    return true;
  }

  /** The results of a picture, where all are known. */
  private knownOf(file: ReadFile, journal: Journal): readonly SampleRecord[] | undefined {
    if (!isSingle(file)) return undefined;
    const { makers } = this.setup;
    const sample = nameOf(file.file.path);
    const found = makers.flatMap(({ name }) => journal.find(file.digest, sample, name) ?? []);
    return found.length === makers.length ? found : undefined;
  }
}

/** Changed pictures that are run at once, where fewer images are: more are hardly faster on a CPU. */
const usualBatch = 4;
