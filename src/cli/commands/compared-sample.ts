import { basename } from "node:path";
import type { Method } from "../../methods/core/method.js";
import type { Note } from "../../methods/core/notes.js";
import type { ExplainedSample } from "../../runtime/samples.js";
import { FullgradError } from "../../errors.js";
import type { ComparedMap, ComparedRow, LayerPart, LayerParts } from "../../compare/comparison.js";
import type { ExplainOptions, TargetOptions } from "../../model/model-options.js";
import { float32, toNumbers, type Tensor } from "../../tensor/tensor.js";
import type { Labels } from "../../model/label-names.js";
import type { ExplainableModel } from "../input/model-file.js";
import { probabilitiesOf } from "../../model/predictions.js";
import { rankedName } from "../output/result-names.js";
import type { InputSample } from "../input/samples.js";
import { formatNumber } from "../output/tables.js";
import { labelOf, nameOfClass } from "../../target/format.js";
import { passesFor, type Pass, type TargetChoice } from "../../model/choose-target.js";
import { rowsOf } from "../../tensor/batches.js";
import { noteWithFlags, withFlags } from "../flags/flag-names.js";

/** The comparison that is made of every sample. */
export interface ComparisonQuestion {
  readonly model: ExplainableModel;
  readonly methods: readonly Method[];
  readonly target: TargetChoice;
  readonly labels: Labels | undefined;
  readonly layers: boolean;
  /** What methods are given beside the target. */
  readonly options: (method: Method, subject: ComparedSubject) => ExplainOptions;
  readonly onMethod: (method: Method, subject: ComparedSubject) => void;
}

/** A sample with values of other inputs and a class to compare with. */
export interface ComparedSubject {
  readonly sample: InputSample;
  /** What its files begin with. */
  readonly name: string;
  readonly path: string;
  readonly asked: TargetOptions;
}

/** One map in the JSON document. */
export interface MethodOutcome {
  readonly method: string;
  readonly seconds: number;
  readonly info?: Readonly<Record<string, number | string>>;
  readonly notes?: readonly Note[];
  readonly problem?: string;
}

/** One image and class. */
export interface ComparedSample {
  readonly row: ComparedRow;
  readonly rank?: number;
  readonly target: number | string;
  readonly label: string | null;
  /** The class whose number was subtracted. */
  readonly versus?: number;
  readonly score: number;
  readonly probability?: number;
  readonly outcomes: readonly MethodOutcome[];
}

/**
 * All methods on some samples, class by class: for each sample, its classes. One method's graphs are in memory at a time,
 * which is why all samples go through a method before the next one.
 *
 * @throws the error of the first method, if no method gave a map
 */
export async function compareSamples(
  question: ComparisonQuestion,
  subjects: readonly ComparedSubject[],
): Promise<ComparedSample[][]> {
  const { model, methods, onMethod } = question;
  const cases: Case[][] = [];
  for (const subject of subjects) cases.push(await casesOf(question, subject));
  const all = cases.flat();
  for (const method of methods) {
    for (const one of all) {
      onMethod(method, one.subject);
      one.answers.push(await answer(question, method, one));
    }
    await model.model.release();
  }
  if (question.layers) {
    for (const one of all) one.layers = await layersOf(model, one);
    await model.model.release();
  }
  return cases.map((classes) => classes.map((one) => comparedOf(question, one)));
}

/** One class of a sample, with the answers of methods so far. */
interface Case {
  readonly subject: ComparedSubject;
  readonly pass: Pass;
  readonly answers: Answer[];
  layers?: LayerParts;
}

interface Answer {
  readonly map: ComparedMap;
  readonly outcome: MethodOutcome;
  /** What was explained; with the model's output. */
  readonly explained?: { readonly sample: ExplainedSample; readonly output: Tensor };
  readonly failure?: FullgradError;
}

async function casesOf(
  { model, target }: ComparisonQuestion,
  subject: ComparedSubject,
): Promise<Case[]> {
  const x = model.model.fromImage(subject.sample.x);
  const predict = (): Promise<Tensor> => model.model.predict(x, { feeds: subject.asked.feeds });
  const passes = await passesFor(target, 1, predict);
  return passes.map((pass) => ({ subject, pass, answers: [] }));
}

/** A method that fails on this model says so in its place; the others go on. */
async function answer(
  { model, options }: ComparisonQuestion,
  method: Method,
  { subject, pass }: Case,
): Promise<Answer> {
  const start = performance.now();
  const timed = (): Pick<MethodOutcome, "method" | "seconds"> => {
    return { method: method.name, seconds: (performance.now() - start) / 1000 };
  };
  try {
    const { map, output, samples } = await model.model.explain(
      model.model.fromImage(subject.sample.x),
      {
        ...options(method, subject),
        ...subject.asked,
        target: pass.target,
      },
    );
    const sample = samples[0]!;
    return {
      map: { map: withoutBatch(map) },
      outcome: {
        ...timed(),
        ...(sample.info ? { info: sample.info } : {}),
        notes: sample.notes.map(noteWithFlags),
      },
      explained: { sample, output },
    };
  } catch (error) {
    if (!(error instanceof FullgradError)) throw error;
    const problem = withFlags(error.message);
    return { map: { problem }, outcome: { ...timed(), problem }, failure: error };
  }
}

function comparedOf({ labels, model }: ComparisonQuestion, one: Case): ComparedSample {
  const { subject, pass, answers, layers } = one;
  const { sample, name, path } = subject;
  const explained = answers.find((a) => a.explained)?.explained;
  if (!explained) throw answers[0]!.failure!;
  const { target, score, versus } = explained.sample;
  const label = labelOf(target, labels);
  const { quantity = "score" } = subject.asked;
  const other =
    versus === undefined
      ? ""
      : ` versus ${nameOfClass({ target: versus, label: labelOf(versus, labels) })}`;
  // A difference of two scores has no probability.
  const isClass =
    typeof target === "number" && versus === undefined && model.output.classes !== undefined;
  const scores = isClass ? probabilitiesOf(rowsOf(explained.output, 1)[0]!) : undefined;
  const probability = isClass ? scores?.values[target] : undefined;
  const sure = probability === undefined ? "" : ` (${(probability * 100).toFixed(1)} %)`;
  const title = basename(path) + (sample.index === undefined ? "" : ` [${sample.index}]`);
  const { rank } = pass;
  return {
    row: {
      name: rankedName(name, rank),
      caption: [
        title,
        nameOfClass({ target, label }, model.output.classes) + other,
        `${quantity} ${formatNumber(score)}${sure}`,
      ],
      ...(sample.view ? { view: sample.view } : {}),
      maps: answers.map(({ map }) => map),
      ...(layers ? { layers } : {}),
    },
    ...(rank === undefined ? {} : { rank }),
    target,
    label,
    ...(versus === undefined ? {} : { versus }),
    score,
    ...(probability === undefined ? {} : { probability }),
    outcomes: answers.map(({ outcome }) => outcome),
  };
}

async function layersOf({ model }: ExplainableModel, { subject, pass }: Case): Promise<LayerParts> {
  const { sample, asked } = subject;
  const found = await model.layerMaps(model.fromImage(sample.x), { ...asked, target: pass.target });
  const { score, completeness, terms } = found.samples[0]!;
  const input: LayerPart = {
    name: "input",
    op: "",
    value: completeness.inputTerm,
    map: withoutBatch(found.inputMap),
  };
  const parts = found.units.map(({ unit: { node, op }, map }, i): LayerPart => {
    return { name: node, op, value: terms[i]!.value, ...(map ? { map: withoutBatch(map) } : {}) };
  });
  return { output: score, parts: [input, ...parts] };
}

/** […positions] of a map [1,1,…positions]. */
function withoutBatch(map: Tensor): Tensor<"float32"> {
  return float32(map.dims.slice(2), toNumbers(map));
}
