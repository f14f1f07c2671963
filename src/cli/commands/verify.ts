import { readFile } from "../../files/read-file.js";
import type { NodeGap } from "../../decomposition/bisect.js";
import type { GradientCheck } from "../../runtime/gradient-check/gradient-check.js";
import type { NodeJacobian } from "../../runtime/gradient-check/node-jacobians.js";
import { concatBatch, sliceBatch } from "../../tensor/batches.js";
import { completenessTolerance, isComplete } from "../../decomposition/completeness.js";
import type { SampleResult } from "../../runtime/samples.js";
import type { TargetOptions } from "../../model/model-options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { askedBy, openRun, type Asked, type OpenedRun } from "./open-run.js";
import { namingProvider } from "../flags/engine.js";
import { exitCodes } from "../exit-codes.js";
import { feedsFor } from "../input/feeds.js";
import { isArrayFile } from "../input/inputs.js";
import type { Labels } from "../../model/label-names.js";
import { largestTerms, termReports } from "../output/manifest.js";
import type { ExplainableModel } from "../input/model-file.js";
import type { VerifyFlags } from "../flags/options.js";
import { randomSamples } from "../input/random-samples.js";
import { Reporter, type Io } from "../output/reporter.js";
import { incompleteness } from "../output/results.js";
import { readSamples } from "../input/samples.js";
import { gradientText, jacobianTable, wrongGradient } from "../output/gradient-text.js";
import { gapTable, verificationText } from "../output/tables.js";
import type { VerifiedReport } from "./verified-sample.js";
import { labelOf } from "../../target/format.js";
import { passesFor } from "../../model/choose-target.js";

/** `fullgrad verify`: checks that the terms add up to the score. Returns the exit code. */
export async function verify(path: string, flags: VerifyFlags, io: Io): Promise<number> {
  const reporter = new Reporter(io, flags);
  const { input } = flags;
  const hasPictures = input !== undefined && !isArrayFile(input);
  return openRun(path, flags, { reporter, hasPictures, ask: askedBy(flags) }, async (run) => {
    const { model, target, contrast, feeds } = run;
    const x = await readBatch(run, flags);
    const samples = await namingProvider(flags, () => verifyAll(x, { ...run, flags, reporter }));
    const question = { target, contrast, feeds, flags };
    const gaps = flags.bisect ? await bisectWorst(model, x, samples, question) : undefined;
    const wrong = samples.find(({ gradient }) => gradient && gradient.disagree > 0);
    const jacobians =
      flags.bisect && wrong ? await checkNodes(model, x, wrong, question) : undefined;
    const about = { reporter, classes: model.output.classes };
    return conclude(path, samples, { gaps, jacobians }, about);
  });
}

async function readBatch(
  { model: { model, input: port }, reader }: OpenedRun,
  { input, samples, seed }: VerifyFlags,
): Promise<Tensor> {
  if (input === undefined) return model.toImage(randomSamples(port, samples, seed, model));
  const read = await readSamples(await readFile(input, "the input"), input, reader);
  return concatBatch(read.map((sample) => sample.x));
}

interface VerifyQuestion extends OpenedRun, Asked {
  readonly flags: VerifyFlags;
  readonly reporter: Reporter;
}

async function verifyAll(
  x: Tensor,
  { model: { model }, target, contrast, labels, feeds, flags, reporter }: VerifyQuestion,
): Promise<VerifiedReport[]> {
  const count = x.dims[0]!;
  const results: VerifiedReport[] = [];
  for (let start = 0; start < count; start += flags.batch) {
    reporter.progress(start, count);
    const rows = Array.from({ length: Math.min(flags.batch, count - start) }, (_, i) => start + i);
    const batch = model.fromImage(sliceBatch(x, rows));
    const values = feedsFor(feeds, rows);
    const predict = (): Promise<Tensor> => model.predict(batch, { feeds: values });
    for (const pass of await passesFor(target, rows.length, predict)) {
      const options = { target: pass.target, feeds: values, ...contrast };
      const { gradient: directions, seed } = flags;
      const found: readonly (SampleResult & { readonly gradient?: GradientCheck })[] =
        directions === undefined
          ? await model.verify(batch, options)
          : await model.verify(batch, { ...options, gradient: { directions, seed } });
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

type Bisection = Pick<VerifyQuestion, "target" | "feeds" | "contrast" | "flags">;

/** The nodes that lose most of the sample with the largest remainder. */
async function bisectWorst(
  { model }: ExplainableModel,
  x: Tensor,
  samples: readonly VerifiedReport[],
  question: Bisection,
): Promise<readonly NodeGap[]> {
  const worst = worstOf(samples);
  const image = model.fromImage(sliceBatch(x, [worst.at]));
  const gaps = await model.bisect(image, questionOf(worst, question));
  return gaps.slice(0, listedGaps);
}

/** The nodes whose own gradient is wrong, in the order of the network. */
async function checkNodes(
  { model }: ExplainableModel,
  x: Tensor,
  sample: VerifiedReport,
  question: Bisection,
): Promise<readonly NodeJacobian[]> {
  const options = { ...questionOf(sample, question), seed: question.flags.seed };
  const nodes = await model.checkNodes(model.fromImage(sliceBatch(x, [sample.at])), options);
  return nodes.filter(({ verdict }) => verdict === "disagrees");
}

function questionOf(
  { at, target: found }: VerifiedReport,
  { target: choice, feeds, contrast }: Bisection,
): TargetOptions {
  const isTop = "kind" in choice && (choice.kind === "top" || choice.kind === "top5");
  const target = isTop ? found : choice;
  return { target, feeds: feedsFor(feeds, [at]), ...contrast };
}

/** The sample with the largest remainder; one that is not a number is the largest of all. */
function worstOf(samples: readonly VerifiedReport[]): VerifiedReport {
  const size = ({ conditioned }: VerifiedReport): number =>
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
  result: SampleResult & { readonly gradient?: GradientCheck },
  labels: Labels | undefined,
): VerifiedReport {
  const { target, versus, completeness, terms, gradient } = result;
  return {
    sample,
    at,
    target,
    label: labelOf(target, labels),
    ...(versus === undefined ? {} : { versus }),
    ...completeness,
    complete: isComplete(completeness),
    ...(gradient ? { gradient } : {}),
    terms: termReports(terms),
  };
}

/** Results of --bisect. */
interface BisectFindings {
  readonly gaps: readonly NodeGap[] | undefined;
  readonly jacobians: readonly NodeJacobian[] | undefined;
}

function conclude(
  path: string,
  samples: readonly VerifiedReport[],
  { gaps, jacobians }: BisectFindings,
  { reporter, classes }: { readonly reporter: Reporter; readonly classes: number | undefined },
): number {
  const incomplete = samples.filter((s) => !s.complete);
  const complete = incomplete.length === 0;
  const wrong = samples.filter(({ gradient }) => gradient && gradient.disagree > 0);
  const checked = samples.some(({ gradient }) => gradient);
  reporter.document({
    model: path,
    samples,
    complete,
    ...(checked ? { gradientAgrees: wrong.length === 0 } : {}),
    ...(gaps ? { gaps } : {}),
    ...(jacobians ? { jacobians } : {}),
  });
  reporter.line(verificationText(path, samples, classes));
  if (checked) reporter.line(`\n${gradientText(samples)}`);
  if (gaps) reporter.line(`\n${gapTable(gaps)}`);
  if (jacobians) reporter.line(`\n${jacobianTable(jacobians)}`);
  if (!complete) {
    const lines = incomplete.map(
      (s) => `  ${s.sample}: ${incompleteness(s, largestTerms(s.terms, 3))}`,
    );
    reporter.error(
      `${incomplete.length} of ${samples.length} samples do not add up ` +
        `(conditioned above ${completenessTolerance})\n${lines.join("\n")}`,
    );
  }
  if (wrong.length > 0) reporter.error(wrongGradient(wrong, samples.length, jacobians));
  return complete && wrong.length === 0 ? exitCodes.done : exitCodes.incomplete;
}
