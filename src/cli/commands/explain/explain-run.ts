import type { AskedTarget } from "./asked-targets.js";
import { eachOrAll } from "../each-or-all.js";
import {
  batchKey,
  explainBatch,
  type ExplainedPass,
  type ExplainSetup,
  type Job,
} from "./explain-batch.js";
import { Slots, WorkAhead, type Take } from "./work-ahead.js";
import { namingProvider } from "../../flags/engine.js";
import { endsRun } from "../../exit-codes.js";
import { ExplainOutcome } from "./explain-outcome.js";
import { finishResults } from "./finish-results.js";
import { isArrayFile, readInput, type InputFile } from "../../input/inputs.js";
import { finished, type Manifest, type Provenance } from "../../output/manifest.js";
import { sha256 } from "../../input/model-file.js";
import { OutputError } from "../../output/output-folder.js";
import { provenanceOf } from "../../output/provenance.js";
import { sameMaps, sameMapsLine, type ClassMap } from "../../output/same-maps.js";
import { frameInGround, pointInSample, readSamples } from "../../input/samples.js";
import type { ExplainResult } from "../../output/results.js";
import { isWhole } from "../../output/result-digests.js";
import { ResultKeeper } from "../../output/result-keeper.js";
import { rankedName, sampleName } from "../../output/result-names.js";
import { nameOfClass } from "../../../target/format.js";
import { ranksOf } from "../../../model/choose-target.js";
import {
  drawingOf,
  manifestName,
  mapOf,
  writeExplanation,
} from "../../output/write-explanation.js";

/**
 * Goes through the inputs, skips what is finished, and runs the rest in batches of one shape. Where threads of the engine
 * run them, the next inputs are read meanwhile; results are written, and failures told, in the order of the inputs.
 */
export class ExplainRun {
  private readonly setup: ExplainSetup;
  private readonly names: ResultKeeper;
  private readonly outcome: ExplainOutcome;
  private readonly ahead: WorkAhead;
  private readonly slots: Slots;
  private waiting: Job[] = [];
  private order = 0;

  constructor(setup: ExplainSetup) {
    this.setup = setup;
    this.names = new ResultKeeper(setup.folder, setup.targets.suffixes);
    this.outcome = new ExplainOutcome(setup);
    const { threads } = setup;
    this.slots = new Slots(() => Math.max(1, threads.count));
    // One runs in each thread, and one is ready for each.
    this.ahead = new WorkAhead(() => 2 * threads.count);
  }

  async all(): Promise<number> {
    try {
      await this.takeAll();
      await finishResults(this.setup, this.outcome.results());
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      this.outcome.fail(this.setup.folder.path, error);
    }
    return this.outcome.conclude();
  }

  /** The results, in the order of the inputs. */
  results(): readonly ExplainResult[] {
    return this.outcome.results();
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
      let targets = this.setup.targets.of(file.path);
      // A picture is one sample, so a finished one need not be decoded.
      if (!isArrayFile(file.path)) {
        const left: AskedTarget[] = [];
        for (const target of targets) {
          if (!(await this.skip(file, target, this.provenance(file, hash, target))))
            left.push(target);
        }
        if (left.length === 0) return;
        targets = left;
      }
      for (const sample of await readSamples(bytes, file.path, this.setup.reader)) {
        for (const target of targets) await this.takeSample({ file, sample, hash, target });
      }
    } catch (error) {
      if (endsRun(error)) throw error;
      await this.inTurn(() => {
        this.outcome.fail(file.path, error);
      });
    }
  }

  private provenance(
    file: InputFile,
    hash: string,
    { choice, text }: AskedTarget,
    sample?: number,
  ): Provenance {
    return provenanceOf({ ...this.setup, target: choice, targetText: text }, file, hash, sample);
  }

  private async takeSample(taken: Pick<Job, "file" | "sample" | "hash" | "target">): Promise<void> {
    const { file, sample, hash, target } = taken;
    const provenance = this.provenance(file, hash, target, sample.index);
    if (isArrayFile(file.path) && (await this.skip(file, target, provenance))) return;
    const job = { ...taken, provenance, order: this.order++ };
    const [first] = this.waiting;
    if (first && batchKey(first) !== batchKey(job)) await this.runWaiting();
    this.waiting.push(job);
    if (this.waiting.length >= this.setup.flags.batch) await this.runWaiting();
  }

  /** True if all of a sample's results are there already, made with the same settings. */
  private async skip(
    file: InputFile,
    { choice, suffix }: AskedTarget,
    provenance: Provenance,
  ): Promise<boolean> {
    const { folder, model, flags, settings } = this.setup;
    // The number of detections is known only after a run.
    if ("kind" in choice && choice.kind === "detections") return false;
    // That code rescaled over the whole batch, so a map depends on its companions, which may be others today.
    if (settings["convention"] === "paper2019" && flags.batch > 1) return false;
    const known = this.names.known(file, provenance.input.sha256);
    if (known === undefined) return false;
    const name = sampleName(known, provenance.input.sample) + suffix;
    const manifests: Manifest[] = [];
    for (const rank of ranksOf(choice, model.output.classes)) {
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

  /** Calls `act` once all inputs before are done. */
  private inTurn(act: () => void): Promise<void> {
    return this.ahead.add(Promise.resolve(act));
  }

  private async runWaiting(): Promise<void> {
    const jobs = this.waiting;
    this.waiting = [];
    await this.ahead.add(this.run(jobs));
  }

  /** Explains a batch, or each of its samples if the batch fails; results are written in the order of the inputs. */
  private async run(jobs: readonly Job[]): Promise<Take> {
    const steps: Take[] = [];
    await eachOrAll(
      jobs,
      async (some) => {
        const passes = await this.slots.use(() =>
          namingProvider(this.setup.flags, () => explainBatch(this.setup, some)),
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

  /** Writes all that was found of one sample of a batch. */
  private async write(job: Job, at: number, passes: readonly ExplainedPass[]): Promise<void> {
    const { model, flags, folder, labels, batchNorm, reporter, reader } = this.setup;
    const { sample, file, hash, provenance, order } = job;
    const own = passes.filter((pass) => pass.sample === undefined || pass.sample === at);
    const maps: ClassMap[] = [];
    try {
      const name = sampleName(this.names.claim(file, hash), sample.index) + job.target.suffix;
      for (const { rank, sample: only, explanation, seconds } of own) {
        const row = only === undefined ? at : 0;
        const manifest = await writeExplanation(folder, {
          name: rankedName(name, rank, only === undefined ? "top" : "detection"),
          ...{ provenance, explanation, at: row, seconds },
          ...{ labels, batchNorm, style: drawingOf(flags), sample },
          frame: frameInGround(sample, reader),
          isClassifier: model.output.classes !== undefined,
          ...(rank === undefined ? {} : { rank }),
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
    const { choice: target } = job.target;
    const shown = sampleName(file.name, sample.index);
    if ("kind" in target && target.kind === "detections" && own.length === 0) {
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
