import { readFile } from "node:fs/promises";
import type { NodeGap } from "../engine/bisect.js";
import { concatBatch, sliceBatch } from "../engine/batches.js";
import { completenessTolerance, isComplete } from "../engine/completeness.js";
import type { SampleResult } from "../engine/samples.js";
import { presets } from "../image/preprocess.js";
import type { Tensor } from "../tensor/tensor.js";
import { chooseContrast, type ChosenContrast } from "./contrast.js";
import { namingProvider } from "./engine.js";
import { exitCodes } from "./exit-codes.js";
import { feedsFor, readFeeds, type Feed } from "./feeds.js";
import { isArrayFile } from "./inputs.js";
import { chooseLabels, type Labels } from "./labels.js";
import { largestTerms, termReports } from "./manifest.js";
import { readExplainableModel, type ExplainableModel } from "./model-file.js";
import type { VerifyFlags } from "./options.js";
import { choosePreprocessing, type ChosenPreprocessing } from "./preprocessing.js";
import { randomSamples } from "./random-samples.js";
import { Reporter, type Io } from "./reporter.js";
import { incompleteness } from "./results.js";
import { readSamples } from "./samples.js";
import { gapTable, verificationText } from "./tables.js";
import type { VerifiedSample } from "./verified-sample.js";
import { chooseTarget, labelOf, passesFor, type TargetChoice } from "./targets.js";

/** `fullgrad verify`: do the parts add up to the score? Returns the exit code. */
export async function verify(path: string, flags: VerifyFlags, io: Io): Promise<number> {
  const reporter = new Reporter(io, flags);
  const { input } = flags;
  const preprocessing =
    input !== undefined && !isArrayFile(input)
      ? await choosePreprocessing(flags.preprocess, path)
      : undefined;
  const model = await readExplainableModel(path, flags);
  try {
    const labels = await chooseLabels(flags.labels, model.output.classes);
    const target = chooseTarget(flags.target, labels, model);
    const contrast = chooseContrast(flags, labels, model);
    const feeds = await readFeeds(flags.feed, model);
    if (preprocessing)
      reporter.note(`preprocessing: ${preprocessing.source} (${preprocessing.reason})`);
    const x = await readBatch(model, flags, preprocessing);
    const samples = await namingProvider(flags, () =>
      verifyAll(model, x, { target, contrast, labels, feeds, flags, reporter }),
    );
    const gaps = flags.bisect
      ? await bisectWorst(model, x, samples, { target, feeds, contrast })
      : undefined;
    return conclude(path, samples, gaps, reporter);
  } finally {
    reporter.clear();
    await model.model.dispose();
  }
}

async function readBatch(
  { model, input: port }: ExplainableModel,
  { input, samples, seed, maxPixels }: VerifyFlags,
  preprocessing: ChosenPreprocessing | undefined,
): Promise<Tensor> {
  if (input === undefined) return randomSamples(port, samples, seed);
  const settings = preprocessing?.settings ?? presets.imagenet;
  const bytes = await readFile(input);
  const reader = { model, port, preprocessing: settings, maxPixels };
  const read = await readSamples(bytes, input, reader);
  return concatBatch(read.map((sample) => sample.x));
}

interface Question {
  readonly target: TargetChoice;
  readonly contrast: ChosenContrast;
  readonly labels: Labels | undefined;
  readonly feeds: readonly Feed[];
  readonly flags: VerifyFlags;
  readonly reporter: Reporter;
}

async function verifyAll(
  { model }: ExplainableModel,
  x: Tensor,
  { target, contrast, labels, feeds, flags, reporter }: Question,
): Promise<VerifiedSample[]> {
  const count = x.dims[0]!;
  const results: VerifiedSample[] = [];
  for (let start = 0; start < count; start += flags.batch) {
    reporter.progress(start, count);
    const rows = Array.from({ length: Math.min(flags.batch, count - start) }, (_, i) => start + i);
    const batch = sliceBatch(x, rows);
    const values = feedsFor(feeds, rows);
    const predict = (): Promise<Tensor> => model.predict(batch, { feeds: values });
    for (const pass of await passesFor(target, rows.length, predict)) {
      const found = await model.verify(batch, { target: pass.target, feeds: values, ...contrast });
      found.forEach((result, i) => {
        const name = nameOf(flags.input, rows[i]!, count);
        results.push(verified(name, rows[i]!, result, labels));
      });
    }
  }
  return results.sort((a, b) => a.at - b.at);
}

/** How many nodes --bisect lists. */
const listedGaps = 10;

/** The nodes that lose most of the sample with the largest remainder. */
async function bisectWorst(
  { model }: ExplainableModel,
  x: Tensor,
  samples: readonly VerifiedSample[],
  { target: choice, feeds, contrast }: Pick<Question, "target" | "feeds" | "contrast">,
): Promise<readonly NodeGap[]> {
  const { at, target: found } = worstOf(samples);
  const target = typeof choice === "object" ? choice.words : found;
  const values = feedsFor(feeds, [at]);
  const gaps = await model.bisect(sliceBatch(x, [at]), { target, feeds: values, ...contrast });
  return gaps.slice(0, listedGaps);
}

/** The sample with the largest remainder; one that is not a number is the largest of all. */
function worstOf(samples: readonly VerifiedSample[]): VerifiedSample {
  const size = ({ conditioned }: VerifiedSample): number =>
    Number.isFinite(conditioned) ? conditioned : Infinity;
  return samples.reduce((p, q) => (size(q) > size(p) ? q : p));
}

function nameOf(input: string | undefined, at: number, count: number): string {
  if (input === undefined) return `random ${at}`;
  return count === 1 ? input : `${input} [${at}]`;
}

function verified(
  sample: string,
  at: number,
  result: SampleResult,
  labels: Labels | undefined,
): VerifiedSample {
  const { target, versus, completeness, terms } = result;
  return {
    sample,
    at,
    target,
    label: labelOf(target, labels),
    ...(versus === undefined ? {} : { versus }),
    ...completeness,
    complete: isComplete(completeness),
    terms: termReports(terms),
  };
}

function conclude(
  path: string,
  samples: readonly VerifiedSample[],
  gaps: readonly NodeGap[] | undefined,
  reporter: Reporter,
): number {
  const incomplete = samples.filter((s) => !s.complete);
  const complete = incomplete.length === 0;
  reporter.document({ model: path, samples, complete, ...(gaps ? { gaps } : {}) });
  reporter.line(verificationText(path, samples));
  if (gaps) reporter.line(`\n${gapTable(gaps)}`);
  if (complete) return exitCodes.done;
  const lines = incomplete.map(
    (s) => `  ${s.sample}: ${incompleteness(s, largestTerms(s.terms, 3))}`,
  );
  reporter.error(
    `${incomplete.length} of ${samples.length} samples do not add up ` +
      `(conditioned above ${completenessTolerance})\n${lines.join("\n")}`,
  );
  return exitCodes.incomplete;
}
