/**
 * The rules behind the notes of a map, one for each {@link NoteCode}. They read only numbers that the explanation has
 * already computed.
 *
 * @module
 */
import { isComplete } from "../../decomposition/completeness.js";
import type { ExplainedSample } from "../../runtime/samples.js";
import type { Note, NotedMap } from "./notes.js";

type Rule = (of: NotedMap) => Note | undefined;

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
    ? "the input itself contains such values; check the file and the preprocessing"
    : "a layer divides by 0 or overflows float32; verify with bisect names it";
  return { code: "not-finite", message: `${what}: ${why}`, value: bad };
};

/** A map that is 0 everywhere, with the cause. */
const zeroMap: Rule = (of) => {
  if (!isZero(of.map)) return undefined;
  return { code: "zero-map", message: `the map is 0 everywhere: ${whyZero(of)}`, value: 0 };
};

/** Relative differences below this are rounding. */
const rounding = 1e-6;

/** A map with the same number everywhere. */
const constantMap: Rule = ({ map, sample }) => {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < map.length; i++) {
    least = Math.min(least, map[i]!);
    most = Math.max(most, map[i]!);
  }
  const size = Math.max(Math.abs(least), Math.abs(most));
  if (map.length < 2 || size === 0 || most - least > rounding * size) return undefined;
  const message =
    `the map is ${format(most)} everywhere, so it distinguishes no positions: ` +
    (sample.info?.["passes"] === 1
      ? "the whole image was changed at once; choose a smaller window"
      : "for this method the score depends equally on all positions; compare with another method");
  return { code: "constant-map", message, value: most };
};

/** Distance to the bound below which the gradient loses some or all of its digits in float32. */
const nearBound = 1e-4;

/** The derivatives of a Sigmoid, p(1 − p), and of a Softmax, p(δ − p), are at most the distance of p to its bound. */
const saturated: Rule = (of) => {
  const { squashing } = of;
  const { score, target, versus } = of.sample;
  // A target with weights may have any score.
  if (!of.usesGradient || !squashing || versus !== undefined || target === "seed") return undefined;
  const { op, node, input } = squashing;
  const bounds = squashing.probability === "log-softmax" ? [0] : [0, 1];
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
      `explain its input instead (option output: ${input})`,
    output: input,
    value: distance,
  };
};

/** A probability depends on all classes at once, and its gradient vanishes as it approaches 1. */
const probability: Rule = (of) => {
  const { squashing } = of;
  if (!of.usesGradient || !squashing || squashing.probability === "log-softmax" || saturated(of))
    return undefined;
  const { op, node, input } = squashing;
  const mixed =
    squashing.probability === "softmax"
      ? "mixes the evidence of all classes and vanishes as one probability approaches 1"
      : "vanishes as it approaches 0 or 1";
  return {
    code: "probability",
    message:
      `the score is a probability, computed by ${op} "${node}": its gradient ${mixed}; ` +
      `to explain the score before it, use option output: ${input}`,
    output: input,
  };
};

/**
 * The gradient of a quantized network is its straight-through gradient, as in training; the derivative of its rounding
 * steps is 0.
 */
const straightThrough: Rule = ({ usesGradient: hasGradient, quantizers = 0 }) => {
  if (!hasGradient || quantizers === 0) return undefined;
  const message =
    `gradients pass straight through ${quantizers} ${quantizers === 1 ? "node" : "nodes"} that round: ` +
    "1 where a value is inside its range, 0 where it is saturated";
  return { code: "straight-through", message, value: quantizers };
};

/** The fraction of f(x) − f(x′) that attributions may miss. */
const mostMissed = 0.05;

/** The remedy for the gap, by method; omitted for methods with random noise. */
const closer: Readonly<Record<string, string>> = {
  "deep-lift":
    "nodes other than linear operators, activations and maxima have no multiplier; " +
    "integrated-gradients has no such gap",
  "integrated-gradients": "raise steps",
};

/** Completeness of methods with a baseline: Σ attributions = f(x) − f(x′). */
const missedDelta: Rule = ({ method, sample: { score, info = {} } }) => {
  const [delta, before] = [Number(info["delta"] ?? 0), Number(info["baselineScore"] ?? 0)];
  const difference = score - before;
  const cure = closer[method];
  const isRounding = Math.abs(delta) <= 1e-5 * Math.max(Math.abs(score), Math.abs(before));
  const missed = Math.abs(delta) / Math.abs(difference);
  if (cure === undefined || isRounding || !(missed > mostMissed)) return undefined;
  const share = Number.isFinite(missed) ? percent(missed) : "more than 100 %";
  return {
    code: "delta",
    message:
      `the attributions sum to ${format(difference + delta)}, not to the score minus the baseline's, ` +
      `${format(score)} − ${format(before)} (off by ${share}): ${cure}`,
    ...(Number.isFinite(missed) ? { value: missed } : {}),
  };
};

/** Layer-wise relevance: biases and ε absorb the rest of the score. */
const lostRelevance: Rule = ({ sample: { score, info = {} } }) => {
  if (info["absorbed"] === undefined || score === 0) return undefined;
  const kept = Number(info["sum"]) / score;
  if (kept >= 0.5) return undefined;
  return {
    code: "relevance",
    message:
      `${percent(kept)} of the score reached the input; biases and ε absorbed the rest, so ` +
      "the map explains a small part of it; fullgrad includes the biases in its map",
    value: kept,
  };
};

/** The rules that apply to finite maps. */
export const rules: readonly Rule[] = [
  zeroMap,
  constantMap,
  saturated,
  probability,
  straightThrough,
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
        : "is not positive anywhere";
    return `${sum} ${negative}, and the method keeps positive values only; signed-fullgrad shows evidence against the target`;
  }
  if (of.ignoresTarget)
    return "the image has the same value everywhere, and the method depends on the image alone";
  if (saturated(of)) return "the gradient of the score is 0 at its bound";
  if (info["delta"] !== undefined && info["baselineScore"] === sample.score && info["sum"] === 0) {
    return "image and baseline have the same score, so their difference is 0; choose another baseline";
  }
  if (isZero(of.x)) {
    return "the input is 0 everywhere, so every product with it is 0; method gradient does not multiply by the input";
  }
  const flows = completeness && (completeness.inputTerm !== 0 || terms.some(isPlaced));
  if (flows && isComplete(completeness)) {
    return "every layer's term is spatially constant, and the method subtracts the constant; method signed-fullgrad keeps it";
  }
  if (!of.usesGradient)
    return `the score is the same whichever of the ${map.length} positions is changed`;
  return (
    "the gradient of the score is 0 here: every path from the image to it passes an inactive or saturated unit " +
    "(a ReLU below 0, a clipped value); try another target, or occlusion"
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
