import type { Explanation } from "../../model/model-options.js";
import { concatBatch } from "../../tensor/batches.js";
import type { Tensor } from "../../tensor/tensor.js";
import { openRunOver } from "./open-run.js";
import { eachOrAll } from "./each-or-all.js";
import { EngineThreads } from "./engine-threads.js";
import { Slots, WorkAhead, type Take } from "./work-ahead.js";
import { namingProvider } from "../flags/engine.js";
import { endsRun } from "../exit-codes.js";
import { ExplainOutcome } from "./explain-outcome.js";
import { feedsFor } from "../input/feeds.js";
import { isArrayFile, readInput, type InputFile, type Inputs } from "../input/inputs.js";
import { interruption } from "../interruption.js";
import {
  batchNormCase,
  finished,
  type BatchNormCase,
  type Manifest,
  type Provenance,
} from "../output/manifest.js";
import { sha256 } from "../input/model-file.js";
import { readMethodSettings } from "../flags/method-settings.js";
import type { ExplainFlags } from "../flags/options.js";
import { OutputError, OutputFolder } from "../output/output-folder.js";
import { versions } from "../package-files.js";
import { provenanceOf, type RunSettings } from "../output/provenance.js";
import { Reporter, type Io } from "../output/reporter.js";
import { sameMaps, sameMapsLine, type ClassMap } from "../output/same-maps.js";
import { pointInSample, readSamples, type InputSample } from "../input/samples.js";
import { isWhole } from "../output/result-digests.js";
import { ResultKeeper } from "../output/result-keeper.js";
import { rankedName, sampleName } from "../output/result-names.js";
import type { Detection, DetectionQuestion } from "../../target/detection.js";
import { nameOfClass } from "../../target/format.js";
import { passesFor, ranksOf } from "../../model/choose-target.js";
import { drawingOf, manifestName, mapOf, writeExplanation } from "../output/write-explanation.js";

/** `fullgrad explain`: maps, pictures and a manifest for each sample. Returns the exit code. */
export async function explain(
  modelPath: string,
  args: readonly string[],
  flags: ExplainFlags,
  io: Io,
): Promise<number> {
  const reporter = new Reporter(io, flags);
  const folder = new OutputFolder(flags.out);
  const signal = interruption(io);
  const { method, convention } = flags;
  const settings = readMethodSettings(flags.set, [method], { convention }).get(method.method)!;
  const threads = new EngineThreads(flags);
  return openRunOver(modelPath, args, flags, { reporter, out: flags.out, threads }, (opened) => {
    const batchNorm = batchNormCase(opened.model.inspection.biases);
    const run = new ExplainRun({
      ...opened,
      ...{ flags, reporter, folder, settings, signal, batchNorm, threads, versions: versions() },
    });
    return run.all().finally(() => {
      run.release();
    });
  });
}

interface ExplainSetup extends RunSettings {
  readonly reporter: Reporter;
  readonly folder: OutputFolder;
  readonly inputs: Inputs;
  readonly signal: AbortSignal;
  readonly batchNorm: BatchNormCase;
  readonly threads: EngineThreads;
}

/** A sample that waits for its batch. */
interface Job {
  readonly sample: InputSample;
  readonly file: InputFile;
  readonly hash: string;
  readonly provenance: Provenance;
  /** Its place among all samples, which the results keep. */
  readonly order: number;
}

/** Explanations of a batch, or of one of its samples. */
interface ExplainedPass {
  readonly rank: number | undefined;
  /** The sample; all of the batch unless given. */
  readonly sample: number | undefined;
  readonly explanation: Explanation;
  /** For each sample. */
  readonly seconds: number;
}

/**
 * Goes through the inputs, skips what is finished, and runs the rest in batches of one shape. Where threads of the engine
 * run them, the next inputs are read meanwhile; results are written, and failures told, in the order of the inputs.
 */
class ExplainRun {
  private readonly setup: ExplainSetup;
  private readonly names: ResultKeeper;
  private readonly outcome: ExplainOutcome;
  private readonly ahead: WorkAhead;
  private readonly slots: Slots;
  private waiting: Job[] = [];
  private order = 0;

  constructor(setup: ExplainSetup) {
    this.setup = setup;
    this.names = new ResultKeeper(setup.folder);
    this.outcome = new ExplainOutcome(setup);
    const { threads } = setup;
    this.slots = new Slots(() => Math.max(1, threads.count));
    // One runs in each thread, and one is ready for each.
    this.ahead = new WorkAhead(() => 2 * threads.count);
  }

  async all(): Promise<number> {
    try {
      await this.takeAll();
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.outcome.fail(this.setup.folder.path, error);
    }
    return this.outcome.conclude();
  }

  /** Lets other runs have the names that this one claimed. */
  release(): void {
    this.names.release();
  }

  private async takeAll(): Promise<void> {
    const { files } = this.setup.inputs;
    for (const [i, file] of files.entries()) {
      this.setup.signal.throwIfAborted();
      this.setup.reporter.progress(i, files.length, file.path);
      await this.take(file);
    }
    await this.runWaiting();
    await this.ahead.finish();
  }

  /** Reads a file. What is wrong with it is remembered; the others go on. */
  private async take(file: InputFile): Promise<void> {
    try {
      const bytes = await readInput(file.path);
      const hash = sha256(bytes);
      // A picture is one sample, so a finished one need not be decoded.
      if (!isArrayFile(file.path)) {
        if (await this.skip(file, provenanceOf(this.setup, file, hash))) return;
      }
      for (const sample of await readSamples(bytes, file.path, this.setup.reader)) {
        await this.takeSample(file, sample, hash);
      }
    } catch (error) {
      if (endsRun(error)) throw error;
      await this.inTurn(() => {
        this.outcome.fail(file.path, error);
      });
    }
  }

  private async takeSample(file: InputFile, sample: InputSample, hash: string): Promise<void> {
    const provenance = provenanceOf(this.setup, file, hash, sample.index);
    if (isArrayFile(file.path) && (await this.skip(file, provenance))) return;
    const [first] = this.waiting;
    if (first && first.sample.x.dims.join() !== sample.x.dims.join()) await this.runWaiting();
    this.waiting.push({ sample, file, hash, provenance, order: this.order++ });
    if (this.waiting.length >= this.setup.flags.batch) await this.runWaiting();
  }

  /** True where all of a sample's results are there already, made with the same settings. */
  private async skip(file: InputFile, provenance: Provenance): Promise<boolean> {
    const { folder, target, model, flags, settings } = this.setup;
    // How many there are is known when the model has run.
    if (flags.target.kind === "detections") return false;
    // That code rescaled over the whole batch, so a map depends on its companions, which may be others today.
    if (settings["convention"] === "paper2019" && flags.batch > 1) return false;
    const known = this.names.known(file, provenance.input.sha256);
    if (known === undefined) return false;
    const name = sampleName(known, provenance.input.sample);
    const manifests: Manifest[] = [];
    for (const rank of ranksOf(target, model.output.classes)) {
      const text = folder.read(manifestName(rankedName(name, rank)));
      const manifest = finished(text, provenance);
      if (!manifest || !isWhole(folder, text!)) return false;
      manifests.push({ ...manifest, input: provenance.input });
    }
    const order = this.order++;
    await this.inTurn(() => {
      for (const manifest of manifests) this.outcome.add(manifest, order, true);
    });
    return true;
  }

  /** Does something when all inputs before have been dealt with. */
  private inTurn(act: () => void): Promise<void> {
    return this.ahead.add(Promise.resolve(act));
  }

  private async runWaiting(): Promise<void> {
    const jobs = this.waiting;
    this.waiting = [];
    await this.ahead.add(this.run(jobs));
  }

  /** Explains a batch, or where that fails each of its samples; writes the results when their turn comes. */
  private async run(jobs: readonly Job[]): Promise<Take> {
    const steps: Take[] = [];
    await eachOrAll(
      jobs,
      async (some) => {
        const passes = await this.slots.use(() =>
          namingProvider(this.setup.flags, () => this.explainBatch(some)),
        );
        for (const [at, job] of some.entries()) steps.push(() => this.write(job, at, passes));
      },
      (job, error) => {
        steps.push(() => {
          this.fail(job, error);
        });
      },
    );
    return async () => {
      for (const step of steps) await step();
    };
  }

  private async explainBatch(jobs: readonly Job[]): Promise<readonly ExplainedPass[]> {
    const { model, target, flags, preprocessing, reporter } = this.setup;
    const { contrast, settings, signal } = this.setup;
    const { method } = flags.method;
    const feeds = feedsFor(
      this.setup.feeds,
      jobs.map((job) => job.sample.index),
    );
    const x = model.model.fromImage(concatBatch(jobs.map((job) => job.sample.x)));
    const predict = (): Promise<Tensor> => model.model.predict(x, { feeds });
    const detect = (question: DetectionQuestion): Promise<readonly Detection[]> =>
      model.model.detections(x, { ...question, feeds });
    const passes: ExplainedPass[] = [];
    for (const pass of await passesFor(target, jobs.length, predict, detect)) {
      const asked = pass.sample === undefined ? jobs : [jobs[pass.sample]!];
      const start = performance.now();
      const explanation = await model.model.explain(x, {
        ...settings,
        ...{ method, feeds, ...contrast, signal },
        ...(preprocessing ? { preprocessing: preprocessing.settings } : {}),
        target: pass.target,
        onProgress: ({ sample, done, total }) => {
          reporter.progress(done, total, `${method} ${asked[sample]!.file.name}`);
        },
      });
      const seconds = (performance.now() - start) / 1000 / asked.length;
      passes.push({ rank: pass.rank, sample: pass.sample, explanation, seconds });
    }
    return passes;
  }

  /** Writes all that was found of one sample of a batch. */
  private async write(job: Job, at: number, passes: readonly ExplainedPass[]): Promise<void> {
    const { model, flags, folder, labels, batchNorm, reporter, reader } = this.setup;
    const { sample, file, hash, provenance, order } = job;
    const own = passes.filter((pass) => pass.sample === undefined || pass.sample === at);
    const maps: ClassMap[] = [];
    try {
      const name = sampleName(this.names.claim(file, hash), sample.index);
      for (const { rank, sample: only, explanation, seconds } of own) {
        const row = only === undefined ? at : 0;
        const manifest = await writeExplanation(folder, {
          name: rankedName(name, rank, only === undefined ? "top" : "detection"),
          ...{ provenance, explanation, at: row, seconds },
          ...{ labels, batchNorm, drawing: drawingOf(flags) },
          isClassifier: model.output.classes !== undefined,
          ...(rank === undefined ? {} : { rank }),
          x: sample.x,
          ...(sample.view ? { view: sample.view } : {}),
          inPicture: pointInSample(sample, reader),
        });
        this.outcome.add(manifest, order, false);
        maps.push({ name: nameOfClass(manifest), map: mapOf(explanation, row).data });
      }
    } catch (error) {
      if (endsRun(error)) throw error;
      this.fail(job, error);
    }
    // Its manifests hold the name from now on.
    this.names.release();
    const { method } = flags.method;
    const { target } = flags;
    const shown = sampleName(file.name, sample.index);
    if (target.kind === "detections" && own.length === 0) {
      reporter.note(`${shown}: nothing is detected with a score of ${target.threshold} or more`);
    }
    for (const same of sameMaps(shown, method, maps)) {
      reporter.note(`warning: ${sameMapsLine(same)}`);
    }
  }

  private fail({ file, sample }: Job, error: unknown): void {
    this.outcome.fail(file.path, error, sample.index);
  }
}
