/**
 * What a map does not say by itself: that it is empty, that its score has no slope left, that its own check fails.
 * One rule each; all of them look only at numbers that are there already.
 *
 * @module
 */
import { isComplete } from "../../decomposition/completeness.js";
import type { SessionExplanation } from "./explanation.js";
import { usesGradient, type Method } from "./method.js";
import type { Squashing } from "../../target/ports.js";
import type { ExplainedSample } from "../../runtime/samples.js";
import { toNumbers, type Tensor } from "../../tensor/tensor.js";

/**
 * - `not-finite`: score or map hold NaN or infinity
 * - `zero-map`, `constant-map`: the map does not tell places apart
 * - `saturated`: the score is at the bound of a Softmax or Sigmoid, where its gradient vanishes
 * - `probability`: the score comes out of a Softmax or Sigmoid, whose input can be explained
 * - `delta`: attributions miss more than 5 % of the score's difference from the baseline's
 * - `relevance`: less than half of the score arrived at the input
 */
export type NoteCode =
  "not-finite" | "zero-map" | "constant-map" | "saturated" | "probability" | "delta" | "relevance";

/** Something that a reader of a map should know. Plain data. */
export interface Note {
  readonly code: NoteCode;
  /** What is the case, why, and what to do. */
  readonly message: string;
  /** The value to explain instead, as the option `output` takes it. */
  readonly output?: string;
  /** The number that the rule looked at: a share, or the distance to a bound. */
  readonly value?: number;
}

/** One sample's explanation, and what rules need to know of its making. */
export interface NotedMap {
  readonly method: string;
  /** The method follows the gradient of the score; others ask for scores, or for neither. */
  readonly usesGradient: boolean;
  /** The map is the same for every target. */
  readonly ignoresTarget: boolean;
  /** Of one sample: the map, and the input. */
  readonly map: ArrayLike<number>;
  readonly x: ArrayLike<number>;
  readonly sample: ExplainedSample;
  readonly squashing?: Squashing | undefined;
}

/** A sample's part of an explanation, with what is to be said of it. */
export type NotedSample<S extends ExplainedSample = ExplainedSample> = Omit<S, "evidence"> & {
  /** Empty where the map is an ordinary one. */
  readonly notes: readonly Note[];
};

/** Every sample of an explanation with its notes. */
export function withNotes(
  { map, samples }: SessionExplanation,
  method: Method,
  x: Tensor,
  squashing: Squashing | undefined,
): readonly NotedSample[] {
  const [maps, inputs] = [rows(map, samples.length), rows(x, samples.length)];
  const facts = {
    ...{ method: method.name, usesGradient: usesGradient(method), squashing },
    ignoresTarget: method.ignoresTarget === true,
  };
  return samples.map((sample, n) => {
    const notes = notesOf({ ...facts, map: maps[n]!, x: inputs[n]!, sample });
    const said = Object.entries(sample).filter(([key]) => key !== "evidence");
    return { ...(Object.fromEntries(said) as Omit<ExplainedSample, "evidence">), notes };
  });
}

type Rule = (of: NotedMap) => Note | undefined;

/** Everything that is to be said of a map; nothing of an ordinary one. */
export function notesOf(of: NotedMap): readonly Note[] {
  const broken = notFinite(of);
  if (broken) return [broken];
  return rules.flatMap((rule) => rule(of) ?? []);
}

/** NaN and infinity, in the score or in the map. */
export const notFinite: Rule = ({ map, x, sample: { score } }) => {
  const bad = countNotFinite(map);
  if (bad === 0 && Number.isFinite(score)) return undefined;
  const what =
    bad > 0
      ? `${bad} of the map's ${map.length} numbers are NaN or infinite`
      : `the score is ${score}`;
  const isGiven = countNotFinite(x) > 0;
  const why = isGiven
    ? "the input holds such numbers itself: check the file and the preprocessing"
    : "a layer divides by 0 or overflows float32; verify with bisect names it";
  return { code: "not-finite", message: `${what}: ${why}`, value: bad };
};

/** A map that is 0 everywhere, and why. */
export const zeroMap: Rule = (of) => {
  if (!isZero(of.map)) return undefined;
  return { code: "zero-map", message: `the map is 0 everywhere: ${whyZero(of)}`, value: 0 };
};

/** Differences below this part of the largest number are rounding. */
const rounding = 1e-6;

/** A map with the same number everywhere. */
export const constantMap: Rule = ({ map, sample }) => {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < map.length; i++) {
    least = Math.min(least, map[i]!);
    most = Math.max(most, map[i]!);
  }
  const size = Math.max(Math.abs(least), Math.abs(most));
  if (map.length < 2 || size === 0 || most - least > rounding * size) return undefined;
  const message =
    `the map is ${format(most)} everywhere, so it does not tell places apart: ` +
    (sample.info?.["passes"] === 1
      ? "the whole image was changed at once; choose a smaller window"
      : "to this method the score depends on all places alike; compare with another one");
  return { code: "constant-map", message, value: most };
};

/** From here on float32 has lost the digits of the gradient, or all of it. */
const nearBound = 1e-4;

/** p(1 − p), the slope of a Sigmoid, and p(δ − p), those of a Softmax, are at most the distance of p to its bound. */
export const saturated: Rule = ({ usesGradient, squashing, sample }) => {
  const { score, target, versus } = sample;
  // Weights of one's own can bring the score anywhere.
  if (!usesGradient || !squashing || versus !== undefined || target === "seed") return undefined;
  const { op, node, input } = squashing;
  const bounds = op === "LogSoftmax" ? [0] : [0, 1];
  const [bound, distance] = bounds
    .map((b): [number, number] => [b, Math.abs(score - b)])
    .reduce((p, q) => (q[1] < p[1] ? q : p));
  if (distance > nearBound) return undefined;
  const where = distance === 0 ? `is ${bound}` : `is ${format(distance)} from ${bound}`;
  const left =
    distance === 0 ? "rounded to 0 or nearly so" : `at most ${format(distance)} of its input's`;
  return {
    code: "saturated",
    message:
      `the score ${where}, the bound of ${op} "${node}", where the gradient is ${left}; ` +
      `explain what goes into it (--output ${input})`,
    output: input,
    value: distance,
  };
};

/** A probability depends on all classes at once, and its gradient fades as it grows sure. */
export const probability: Rule = (of) => {
  const { usesGradient, squashing } = of;
  if (!usesGradient || !squashing || squashing.op === "LogSoftmax" || saturated(of))
    return undefined;
  const { op, node, input } = squashing;
  const mixed =
    op === "Softmax"
      ? "mixes the evidence of all classes and fades as one grows sure"
      : "fades as it nears 0 or 1";
  return {
    code: "probability",
    message:
      `the score is a probability, made by ${op} "${node}": its gradient ${mixed}; ` +
      `the score before it is --output ${input}`,
    output: input,
  };
};

/** The part of the difference f(x) − f(x′) that attributions may miss. */
const mostMissed = 0.05;

/** What closes the gap, for methods that have no noise in it. */
const closer: Readonly<Record<string, string>> = {
  "deep-lift":
    "a node that is neither linear, an activation nor a maximum has no multiplier of its own; " +
    "integrated-gradients has no such gap",
  "integrated-gradients": "raise steps",
};

/** Completeness of methods with a baseline: Σ attributions = f(x) − f(x′). */
export const missedDelta: Rule = ({ method, sample: { score, info = {} } }) => {
  const [delta, before] = [Number(info["delta"] ?? 0), Number(info["baselineScore"] ?? 0)];
  const difference = score - before;
  const cure = closer[method];
  const isRounding = Math.abs(delta) <= 1e-5 * Math.max(Math.abs(score), Math.abs(before));
  const missed = Math.abs(delta) / Math.abs(difference);
  if (cure === undefined || isRounding || !(missed > mostMissed)) return undefined;
  const share = Number.isFinite(missed) ? percent(missed) : "more than all";
  return {
    code: "delta",
    message:
      `the attributions sum to ${format(difference + delta)}, not to the score less the baseline's, ` +
      `${format(score)} − ${format(before)} (off by ${share}): ${cure}`,
    ...(Number.isFinite(missed) ? { value: missed } : {}),
  };
};

/** Of layer-wise relevance: biases and ε absorb the rest. */
export const lostRelevance: Rule = ({ sample: { score, info = {} } }) => {
  if (info["absorbed"] === undefined || score === 0) return undefined;
  const kept = Number(info["sum"]) / score;
  if (kept >= 0.5) return undefined;
  return {
    code: "relevance",
    message:
      `${percent(kept)} of the score arrived at the input, the biases and ε absorbed the rest: ` +
      "the map explains a small part of it; fullgrad has the biases in its map",
    value: kept,
  };
};

const rules: readonly Rule[] = [
  zeroMap,
  constantMap,
  saturated,
  probability,
  missedDelta,
  lostRelevance,
];

function whyZero(of: NotedMap): string {
  const { sample, map } = of;
  const { info = {}, evidence = {}, versus, target, completeness, terms = [] } = sample;
  if (versus !== undefined && versus === target) {
    return `target and versus are both class ${versus}, so their difference is 0; name another class`;
  }
  const { largestSum = 1 } = evidence;
  if (largestSum <= 0) {
    const sum = `the weighted sum of the channels of layer "${info["layer"]!}"`;
    const negative =
      largestSum < 0
        ? `is negative everywhere (at most ${format(largestSum)})`
        : "is nowhere above 0";
    return `${sum} ${negative}, and the method keeps what is above 0; signed-fullgrad shows what lowers the score`;
  }
  if (of.ignoresTarget)
    return "the image is the same at all places, which is all that the method looks at";
  if (saturated(of)) return "the gradient of the score is 0 at its bound";
  if (info["delta"] !== undefined && info["baselineScore"] === sample.score && info["sum"] === 0) {
    return "the score is the baseline's own, so there is no difference to explain; choose another baseline";
  }
  if (isZero(of.x)) {
    return "so is the input, and what multiplies it is lost; method gradient does not multiply by it";
  }
  const flows = completeness && (completeness.inputTerm !== 0 || terms.some(isPlaced));
  if (flows && isComplete(completeness)) {
    return "what each layer adds is the same at all places, and the method takes that away; method signed-fullgrad keeps it";
  }
  if (!of.usesGradient)
    return `the score is the same whatever is changed among ${map.length} places`;
  return (
    "the gradient of the score is 0 here: every way from the image to it passes a unit that is off or at a bound " +
    "(a ReLU below 0, a clipped or saturated value); try another target, or occlusion"
  );
}

const isPlaced = ({ unit, value }: NonNullable<ExplainedSample["terms"]>[number]): boolean =>
  unit.spatial && value !== 0;

function countNotFinite(numbers: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i]!)) found++;
  return found;
}

function isZero(numbers: ArrayLike<number>): boolean {
  for (let i = 0; i < numbers.length; i++) if (numbers[i] !== 0) return false;
  return true;
}

/** Three significant digits. */
const format = (v: number): string => String(Number(v.toPrecision(3)));

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** The numbers of each sample. */
function rows(t: Tensor, count: number): ArrayLike<number>[] {
  const all = toNumbers(t);
  const numbers = all instanceof Float32Array ? all : Float32Array.from(all);
  const size = numbers.length / count;
  return Array.from({ length: count }, (_, n) => numbers.subarray(n * size, (n + 1) * size));
}
