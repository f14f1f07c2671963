import { concatBatch } from "../engine/batches.js";
import { completenessTolerance } from "../engine/completeness.js";
import type { Note } from "../engine/notes.js";
import { InputError } from "../errors.js";
import { presets } from "../image/preprocess.js";
import { findMethod } from "../methods/all.js";
import type { Tensor } from "../tensor/tensor.js";
import { namingProvider } from "./engine.js";
import { chooseContrast } from "./contrast.js";
import { exitCodes } from "./exit-codes.js";
import { feedsFor, readFeeds } from "./feeds.js";
import {
  findInputs,
  isArrayFile,
  readInput,
  type Failure,
  type InputFile,
  type Inputs,
} from "./inputs.js";
import { interruption } from "./interruption.js";
import { chooseLabels } from "./labels.js";
import {
  batchNormCase,
  finished,
  type BatchNormCase,
  type Manifest,
  type Provenance,
} from "./manifest.js";
import { readExplainableModel, sha256 } from "./model-file.js";
import { readMethodSettings } from "./method-settings.js";
import type { ExplainFlags } from "./options.js";
import { OutputFolder } from "./output-folder.js";
import { choosePreprocessing, preprocessingFor } from "./preprocessing.js";
import { versions } from "./package-files.js";
import { provenanceOf, type RunSettings } from "./provenance.js";
import { Reporter, type Io } from "./reporter.js";
import { explanationLine, incompleteLine, resultOf, type ExplainResult } from "./results.js";
import { sameMaps, sameMapsLine, type ClassMap } from "./same-maps.js";
import { readSamples, type Sample, type SampleReader } from "./samples.js";
import { rankedName, sampleName } from "./result-names.js";
import { chooseTargetOrMask } from "./mask-target.js";
import { nameOfClass, passesFor, ranksOf } from "./targets.js";
import { drawingOf, manifestName, mapOf, writeExplanation } from "./write-explanation.js";

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
  const settings = readMethodSettings(flags.set, [findMethod(method)], { convention }).get(method)!;
  const inputs = await findInputs(args, flags.out);
  const hasImages = inputs.files.some((file) => !isArrayFile(file.path));
  // A flag that makes no sense is an error even where nothing needs it.
  const chosen =
    hasImages || flags.preprocess !== undefined
      ? await choosePreprocessing(flags.preprocess, modelPath)
      : undefined;
  const model = await readExplainableModel(modelPath, flags);
  const preprocessing = chosen && preprocessingFor(model.model, chosen);
  const labels = await chooseLabels(flags.labels, model.output.classes);
  const target = await chooseTargetOrMask(flags.target, labels, model);
  const feeds = await readFeeds(flags.feed, model);
  if (preprocessing)
    reporter.note(`preprocessing: ${preprocessing.source} (${preprocessing.reason})`);
  const batchNorm = batchNormCase(model.inspection.biases);
  const contrast = await chooseContrast(flags, labels, model);
  const run = new Run({
    ...{ flags, reporter, folder, inputs, preprocessing, model, labels, target, contrast, feeds },
    ...{ settings, signal, batchNorm, versions: versions() },
  });
  try {
    return await namingProvider(flags, () => run.all());
  } finally {
    reporter.clear();
    await model.model.dispose();
  }
}

interface Setup extends RunSettings {
  readonly reporter: Reporter;
  readonly folder: OutputFolder;
  readonly inputs: Inputs;
  readonly signal: AbortSignal;
  readonly batchNorm: BatchNormCase;
}

/** A sample that waits for its batch. */
interface Job {
  readonly sample: Sample;
  readonly name: string;
  readonly provenance: Provenance;
  /** Its place among all samples, which the results keep. */
  readonly order: number;
}

/** Goes through the inputs, skips what is finished, and runs the rest in batches of one shape. */
class Run {
  private readonly setup: Setup;
  private readonly failures: Failure[];
  private readonly results: { readonly order: number; readonly result: ExplainResult }[] = [];
  private readonly incomplete: string[] = [];
  private readonly said = new Set<string>();
  private waiting: Job[] = [];
  private order = 0;

  constructor(setup: Setup) {
    this.setup = setup;
    this.failures = [...setup.inputs.failures];
  }

  async all(): Promise<number> {
    const { files } = this.setup.inputs;
    for (const [i, file] of files.entries()) {
      this.setup.signal.throwIfAborted();
      this.setup.reporter.progress(i, files.length, file.path);
      await this.take(file);
    }
    await this.runWaiting();
    return this.conclude();
  }

  /** Reads a file. What is wrong with it is remembered; the others go on. */
  private async take(file: InputFile): Promise<void> {
    try {
      const bytes = await readInput(file.path);
      const hash = sha256(bytes);
      // A picture is one sample, so a finished one need not be decoded.
      if (!isArrayFile(file.path) && this.skip(file, provenanceOf(this.setup, file, hash))) return;
      for (const sample of await readSamples(bytes, file.path, this.reader())) {
        await this.takeSample(file, sample, hash);
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.failures.push({ input: file.path, error: error.message });
    }
  }

  private reader(): SampleReader {
    const { model, preprocessing, flags } = this.setup;
    return {
      model: model.model,
      port: model.input,
      preprocessing: preprocessing?.settings ?? presets.imagenet,
      maxPixels: flags.maxPixels,
    };
  }

  private async takeSample(file: InputFile, sample: Sample, hash: string): Promise<void> {
    const provenance = provenanceOf(this.setup, file, hash, sample.index);
    if (isArrayFile(file.path) && this.skip(file, provenance)) return;
    const [first] = this.waiting;
    if (first && first.sample.x.dims.join() !== sample.x.dims.join()) await this.runWaiting();
    const name = sampleName(file, sample.index);
    this.waiting.push({ sample, name, provenance, order: this.order++ });
    if (this.waiting.length >= this.setup.flags.batch) await this.runWaiting();
  }

  /** True where all of a sample's results are there already, made with the same settings. */
  private skip(file: InputFile, provenance: Provenance): boolean {
    const { folder, target, model, flags, settings } = this.setup;
    // That code rescaled over the whole batch, so a map depends on its companions, which may be others today.
    if (settings["convention"] === "paper2019" && flags.batch > 1) return false;
    const name = sampleName(file, provenance.input.sample);
    const manifests: Manifest[] = [];
    for (const rank of ranksOf(target, model.output.classes)) {
      const manifest = finished(folder.read(manifestName(rankedName(name, rank))), provenance);
      if (!manifest || !Object.values(manifest.files).every((f) => folder.has(String(f)))) {
        return false;
      }
      manifests.push(manifest);
    }
    const order = this.order++;
    for (const manifest of manifests) this.add(manifest, order, true);
    return true;
  }

  private async runWaiting(): Promise<void> {
    const jobs = this.waiting;
    this.waiting = [];
    if (jobs.length === 0) return;
    const { model, target, flags, folder, labels, batchNorm, preprocessing, reporter } = this.setup;
    const { contrast, settings, signal } = this.setup;
    const { method } = flags;
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
          reporter.progress(done, total, `${method} ${jobs[sample]!.name}`);
        },
      });
      const seconds = (performance.now() - start) / 1000 / jobs.length;
      for (const [at, { sample, name, provenance, order }] of jobs.entries()) {
        const { rank } = pass;
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
        this.add(manifest, order, false);
        classes[at]!.push({ name: nameOfClass(manifest), map: mapOf(explanation.map, at).data });
      }
    }
    for (const [at, { name }] of jobs.entries()) {
      for (const same of sameMaps(name, method, classes[at]!)) {
        reporter.note(`warning: ${sameMapsLine(same)}`);
      }
    }
  }

  private add(manifest: Manifest, order: number, skipped: boolean): void {
    const { folder, reporter } = this.setup;
    const result = resultOf(manifest, folder, skipped);
    this.results.push({ order, result });
    for (const note of manifest.notes) this.say(note, manifest.input);
    if (!manifest.complete) this.incomplete.push(incompleteLine(manifest));
    reporter.line(explanationLine(result, this.setup.model.output.classes));
  }

  /** One line for each note; what holds for every image alike is said once. */
  private say({ message }: Note, { path, sample }: Manifest["input"]): void {
    if (this.said.has(message)) return;
    this.said.add(message);
    const place = sample === undefined ? "" : ` [${sample}]`;
    this.setup.reporter.note(`note: ${path}${place}: ${message}`);
  }

  private conclude(): number {
    const { reporter, folder, inputs } = this.setup;
    const { failures, incomplete } = this;
    // Sorting is stable: the ranks of one sample stay in order.
    const results = this.results.sort((a, b) => a.order - b.order).map(({ result }) => result);
    reporter.document({ results, ...(failures.length > 0 ? { failures } : {}) });
    if (incomplete.length > 0) {
      reporter.error(
        `${incomplete.length} of ${results.length} explanations do not add up (conditioned above ` +
          `${completenessTolerance}); they are in ${folder.path}\n${incomplete.join("\n")}`,
      );
    }
    if (failures.length === 0) return incomplete.length > 0 ? exitCodes.incomplete : exitCodes.done;
    const count = inputs.files.length + inputs.failures.length;
    const lines = failures.map(({ error }) => `  ${error}`);
    reporter.error(`${failures.length} of ${count} inputs failed\n${lines.join("\n")}`);
    return exitCodes.failed;
  }
}
