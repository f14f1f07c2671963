import { concatBatch } from "../../tensor/batches.js";
import type { Tensor } from "../../tensor/tensor.js";
import { openRunOver } from "./open-run.js";
import { eachOrAll } from "./each-or-all.js";
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
import { readSamples, type InputSample } from "../input/samples.js";
import { isWhole } from "../output/result-digests.js";
import { ResultKeeper } from "../output/result-keeper.js";
import { rankedName, sampleName } from "../output/result-names.js";
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
  return openRunOver(modelPath, args, flags, { reporter, out: flags.out }, async (opened) => {
    const batchNorm = batchNormCase(opened.model.inspection.biases);
    const run = new ExplainRun({
      ...opened,
      ...{ flags, reporter, folder, settings, signal, batchNorm, versions: versions() },
    });
    try {
      return await run.all();
    } finally {
      run.release();
    }
  });
}

interface ExplainSetup extends RunSettings {
  readonly reporter: Reporter;
  readonly folder: OutputFolder;
  readonly inputs: Inputs;
  readonly signal: AbortSignal;
  readonly batchNorm: BatchNormCase;
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

/** Goes through the inputs, skips what is finished, and runs the rest in batches of one shape. */
class ExplainRun {
  private readonly setup: ExplainSetup;
  private readonly names: ResultKeeper;
  private readonly outcome: ExplainOutcome;
  private waiting: Job[] = [];
  private order = 0;

  constructor(setup: ExplainSetup) {
    this.setup = setup;
    this.names = new ResultKeeper(setup.folder);
    this.outcome = new ExplainOutcome(setup);
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
  }

  /** Reads a file. What is wrong with it is remembered; the others go on. */
  private async take(file: InputFile): Promise<void> {
    try {
      const bytes = await readInput(file.path);
      const hash = sha256(bytes);
      // A picture is one sample, so a finished one need not be decoded.
      if (!isArrayFile(file.path) && this.skip(file, provenanceOf(this.setup, file, hash))) return;
      for (const sample of await readSamples(bytes, file.path, this.setup.reader)) {
        await this.takeSample(file, sample, hash);
      }
    } catch (error) {
      if (endsRun(error)) throw error;
      this.outcome.fail(file.path, error);
    }
  }

  private async takeSample(file: InputFile, sample: InputSample, hash: string): Promise<void> {
    const provenance = provenanceOf(this.setup, file, hash, sample.index);
    if (isArrayFile(file.path) && this.skip(file, provenance)) return;
    const [first] = this.waiting;
    if (first && first.sample.x.dims.join() !== sample.x.dims.join()) await this.runWaiting();
    this.waiting.push({ sample, file, hash, provenance, order: this.order++ });
    if (this.waiting.length >= this.setup.flags.batch) await this.runWaiting();
  }

  /** True where all of a sample's results are there already, made with the same settings. */
  private skip(file: InputFile, provenance: Provenance): boolean {
    const { folder, target, model, flags, settings } = this.setup;
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
    for (const manifest of manifests) this.outcome.add(manifest, order, true);
    return true;
  }

  private async runWaiting(): Promise<void> {
    const jobs = this.waiting;
    this.waiting = [];
    await eachOrAll(
      jobs,
      (some) => namingProvider(this.setup.flags, () => this.runBatch(some)),
      ({ file, sample }, error) => {
        this.outcome.fail(file.path, error, sample.index);
      },
    );
  }

  private async runBatch(jobs: readonly Job[]): Promise<void> {
    const { model, target, flags, folder, labels, batchNorm, preprocessing, reporter } = this.setup;
    const { contrast, settings, signal } = this.setup;
    const { method } = flags.method;
    const isClassifier = model.output.classes !== undefined;
    const feeds = feedsFor(
      this.setup.feeds,
      jobs.map((job) => job.sample.index),
    );
    const x = model.model.fromImage(concatBatch(jobs.map((job) => job.sample.x)));
    const predict = (): Promise<Tensor> => model.model.predict(x, { feeds });
    const classes = jobs.map((): ClassMap[] => []);
    for (const pass of await passesFor(target, jobs.length, predict)) {
      const start = performance.now();
      const explanation = await model.model.explain(x, {
        ...settings,
        ...{ method, feeds, ...contrast, signal },
        ...(preprocessing ? { preprocessing: preprocessing.settings } : {}),
        target: pass.target,
        onProgress: ({ sample, done, total }) => {
          reporter.progress(done, total, `${method} ${jobs[sample]!.file.name}`);
        },
      });
      const seconds = (performance.now() - start) / 1000 / jobs.length;
      for (const [at, { sample, file, hash, provenance, order }] of jobs.entries()) {
        const { rank } = pass;
        const name = sampleName(this.names.claim(file, hash), sample.index);
        const manifest = await writeExplanation(folder, {
          ...{
            name: rankedName(name, rank),
            provenance,
            explanation,
            at,
            seconds,
            labels,
            batchNorm,
            isClassifier,
            drawing: drawingOf(this.setup.flags),
          },
          ...(rank === undefined ? {} : { rank }),
          x: sample.x,
          ...(sample.view ? { view: sample.view } : {}),
        });
        this.outcome.add(manifest, order, false);
        classes[at]!.push({ name: nameOfClass(manifest), map: mapOf(explanation.map, at).data });
      }
    }
    // Their manifests hold the names from now on.
    this.names.release();
    for (const [at, { file, sample }] of jobs.entries()) {
      const name = sampleName(file.name, sample.index);
      for (const same of sameMaps(name, method, classes[at]!)) {
        reporter.note(`warning: ${sameMapsLine(same)}`);
      }
    }
  }
}
