import type { Explanation } from "../../../model/model-options.js";
import { concatBatch } from "../../../tensor/batches.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { AskedTarget, AskedTargets } from "./asked-targets.js";
import type { EngineThreads } from "./engine-threads.js";
import { feedsFor } from "../../input/feeds.js";
import type { InputFile, Inputs } from "../../input/inputs.js";
import type { BatchNormCase, Provenance } from "../../output/manifest.js";
import type { OutputFolder } from "../../output/output-folder.js";
import type { RunSettings } from "../../output/provenance.js";
import type { Reporter } from "../../output/reporter.js";
import type { InputSample } from "../../input/samples.js";
import type { Detection, DetectionQuestion } from "../../../target/detection.js";
import { passesFor, type Pass } from "../../../model/choose-target.js";

/** What a run of `explain` needs. */
export interface ExplainSetup extends RunSettings {
  readonly reporter: Reporter;
  readonly folder: OutputFolder;
  readonly inputs: Inputs;
  readonly signal: AbortSignal;
  readonly batchNorm: BatchNormCase;
  readonly threads: EngineThreads;
  readonly targets: AskedTargets;
}

/** A sample that waits for its batch. */
export interface Job {
  readonly sample: InputSample;
  readonly target: AskedTarget;
  readonly file: InputFile;
  readonly hash: string;
  readonly provenance: Provenance;
  /** Its place among all samples, which the results keep. */
  readonly order: number;
}

/** Explanations of a batch, or of one of its samples. */
export interface ExplainedPass {
  readonly rank: number | undefined;
  /** The sample; all of the batch unless given. */
  readonly sample: number | undefined;
  readonly explanation: Explanation;
  /** For each sample. */
  readonly seconds: number;
}

/** Explains samples of one {@link batchKey} at once: for each target or rank, all of them. */
export async function explainBatch(
  setup: ExplainSetup,
  jobs: readonly Job[],
): Promise<readonly ExplainedPass[]> {
  const { model, flags, preprocessing, reporter } = setup;
  const { contrast, settings, signal } = setup;
  const { method } = flags.method;
  const feeds = feedsFor(
    setup.feeds,
    jobs.map((job) => job.sample.index),
  );
  const x = model.model.fromImage(concatBatch(jobs.map((job) => job.sample.x)));
  const predict = (): Promise<Tensor> => model.model.predict(x, { feeds });
  const detect = ({
    threshold,
    overlap,
    logits,
  }: DetectionQuestion): Promise<readonly Detection[]> =>
    model.model.detections(x, { threshold, overlap, logits, feeds });
  const passes: ExplainedPass[] = [];
  const { choice } = jobs[0]!.target;
  const classes = jobs.flatMap(({ target }) => classOf(target) ?? []);
  const isMixed = new Set(classes).size > 1;
  const wanted: readonly Pass[] = isMixed
    ? [{ target: classes }]
    : await passesFor(choice, jobs.length, predict, detect);
  for (const pass of wanted) {
    const some = pass.sample === undefined ? jobs : [jobs[pass.sample]!];
    const start = performance.now();
    const explanation = await model.model.explain(x, {
      ...settings,
      ...{ method, feeds, ...contrast, signal },
      ...(preprocessing ? { preprocessing: preprocessing.settings } : {}),
      target: pass.target,
      onProgress: ({ sample, done, total }) => {
        reporter.progress(done, total, `${method} ${some[sample]!.file.name}`);
      },
    });
    const seconds = (performance.now() - start) / 1000 / some.length;
    passes.push({ rank: pass.rank, sample: pass.sample, explanation, seconds });
  }
  return passes;
}

/** Jobs with the same key can be one batch: samples of one shape, each with a class, or all with the same target. */
export function batchKey({ sample, target }: Job): string {
  const kind = classOf(target) === undefined ? `target ${target.text}` : "class";
  return `${sample.x.dims.join()} ${kind}`;
}

const classOf = ({ choice }: AskedTarget): number | undefined =>
  "kind" in choice && choice.kind === "class" ? choice.class : undefined;
