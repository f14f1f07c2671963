import { basename } from "node:path";
import type { Method } from "../engine/method.js";
import { BackendError, FullgradError } from "../errors.js";
import type { ComparedMap, ComparedRow, LayerPart, LayerParts } from "../image/comparison.js";
import type { Explanation, ExplainOptions, TargetOptions } from "../model-options.js";
import { float32, toNumbers, type Tensor } from "../tensor/tensor.js";
import type { Labels } from "./labels.js";
import type { ExplainableModel } from "./model-file.js";
import { probabilitiesOf } from "./predictions.js";
import { rankedName } from "./result-names.js";
import { nameOfClass } from "./same-maps.js";
import type { Sample } from "./samples.js";
import { formatNumber } from "./tables.js";
import { labelOf, passesFor, type Pass, type TargetChoice } from "./targets.js";
import { rowsOf } from "../engine/batches.js";

/** What is compared of every sample. */
export interface Question {
  readonly model: ExplainableModel;
  readonly methods: readonly Method[];
  readonly target: TargetChoice;
  readonly labels: Labels | undefined;
  readonly layers: boolean;
  /** What methods are given beside the target. */
  readonly options: (method: Method) => ExplainOptions;
  readonly onMethod: (method: Method) => void;
}

/** One map, as --json has it. */
export interface MethodOutcome {
  readonly method: string;
  readonly seconds: number;
  readonly info?: Readonly<Record<string, number | string>>;
  readonly problem?: string;
}

/** One image and class. */
export interface ComparedSample {
  readonly row: ComparedRow;
  readonly rank?: number;
  readonly target: number | string;
  readonly label: string | null;
  readonly score: number;
  readonly probability?: number;
  readonly outcomes: readonly MethodOutcome[];
}

/**
 * All methods on one sample, class by class.
 *
 * @param name what the sample's files begin with
 * @throws what the first method threw, where none gave a map
 */
export async function compareSample(
  question: Question,
  sample: Sample,
  { name, path }: { readonly name: string; readonly path: string },
  options: TargetOptions,
): Promise<ComparedSample[]> {
  const { model, target } = question;
  const predict = (): Promise<Tensor> => model.model.predict(sample.x, options);
  const compared: ComparedSample[] = [];
  for (const pass of await passesFor(target, 1, predict)) {
    const maps = await mapsOf(question, sample, { ...options, target: pass.target });
    const title = basename(path) + (sample.index === undefined ? "" : ` [${sample.index}]`);
    const layers = question.layers
      ? { layers: await layersOf(model, sample.x, { ...options, target: pass.target }) }
      : {};
    compared.push(rowOf(question, sample, { pass, maps, name, title, layers }));
  }
  return compared;
}

interface Answer {
  readonly explanation?: Explanation;
  readonly map: ComparedMap;
  readonly outcome: MethodOutcome;
}

/** A method that fails on this model says so in its place; the others go on. */
async function mapsOf(
  { model, methods, options, onMethod }: Question,
  { x }: Sample,
  asked: TargetOptions,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let failure: unknown;
  for (const method of methods) {
    onMethod(method);
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    try {
      const explanation = await model.model.explain(x, { ...options(method), ...asked });
      const { info } = explanation.samples[0]!;
      const map = float32(explanation.map.dims.slice(2), toNumbers(explanation.map));
      const outcome = { method: method.name, seconds: seconds(), ...(info ? { info } : {}) };
      answers.push({ explanation, map: { map }, outcome });
    } catch (error) {
      if (!(error instanceof FullgradError) || error instanceof BackendError) throw error;
      failure ??= error;
      const problem = error.message;
      answers.push({
        map: { problem },
        outcome: { method: method.name, seconds: seconds(), problem },
      });
    }
  }
  if (answers.every((answer) => answer.explanation === undefined)) throw failure;
  return answers;
}

function rowOf(
  { labels, model }: Question,
  { view }: Sample,
  found: {
    readonly pass: Pass;
    readonly maps: readonly Answer[];
    readonly name: string;
    readonly title: string;
    readonly layers: { readonly layers?: LayerParts };
  },
): ComparedSample {
  const { pass, maps, name, title, layers } = found;
  const explanation = maps.find((answer) => answer.explanation)!.explanation!;
  const { target, score } = explanation;
  const label = labelOf(target, labels);
  const isClass = typeof target === "number" && model.output.classes !== undefined;
  const scores = isClass ? probabilitiesOf(rowsOf(explanation.output, 1)[0]!) : undefined;
  const probability = isClass ? scores?.values[target] : undefined;
  const sure = probability === undefined ? "" : ` (${(probability * 100).toFixed(1)} %)`;
  const { rank } = pass;
  return {
    row: {
      name: rankedName(name, rank),
      caption: [title, nameOfClass({ target, label }), `score ${formatNumber(score)}${sure}`],
      ...(view ? { view } : {}),
      maps: maps.map(({ map }) => map),
      ...layers,
    },
    ...(rank === undefined ? {} : { rank }),
    target,
    label,
    score,
    ...(probability === undefined ? {} : { probability }),
    outcomes: maps.map(({ outcome }) => outcome),
  };
}

async function layersOf(
  { model }: ExplainableModel,
  x: Tensor,
  options: TargetOptions,
): Promise<LayerParts> {
  const { inputMap, units, samples } = await model.layerMaps(x, options);
  const { score, completeness, terms } = samples[0]!;
  const flat = (map: Tensor): Tensor<"float32"> => float32(map.dims.slice(2), toNumbers(map));
  const input: LayerPart = {
    name: "input",
    op: "",
    value: completeness.inputTerm,
    map: flat(inputMap),
  };
  const parts = units.map(({ unit: { node, op }, map }, i): LayerPart => {
    return { name: node, op, value: terms[i]!.value, ...(map ? { map: flat(map) } : {}) };
  });
  return { output: score, parts: [input, ...parts] };
}
