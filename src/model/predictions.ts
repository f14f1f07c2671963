import { softmax } from "../tensor/softmax.js";
import type { Labels } from "./label-names.js";

/** One of the model's top classes. */
export interface Prediction {
  readonly class: number;
  readonly label: string | null;
  /** The model's output for this class. */
  readonly score: number;
  readonly probability?: number;
}

/** Probabilities and their origin: the model's output, or the softmax of its logits. */
export interface Probabilities {
  readonly from: "output" | "softmax";
  readonly values: readonly number[];
}

/**
 * Class probabilities from one row of the output. undefined if the numbers are neither logits nor probabilities with
 * sum one: a single class, independent probabilities, or non-finite numbers.
 */
export function probabilitiesOf(scores: readonly number[]): Probabilities | undefined {
  if (scores.length < 2 || !scores.every(Number.isFinite)) return undefined;
  const sum = scores.reduce((a, b) => a + b, 0);
  if (scores.every((s) => s >= 0 && s <= 1)) {
    return Math.abs(sum - 1) < 1e-3 ? { from: "output", values: scores } : undefined;
  }
  return { from: "softmax", values: softmax(scores) };
}

/** The classes with the highest scores, the highest first; of equal ones, the lower number first. */
export function topClasses(scores: readonly number[], count: number): number[] {
  const order = scores.map((_, i) => i);
  order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  return order.slice(0, count);
}

/** The model's top classes, with labels and probabilities if known. */
export function predict(
  scores: readonly number[],
  labels: Labels | undefined,
  count: number,
): Prediction[] {
  const probabilities = probabilitiesOf(scores);
  return topClasses(scores, count).map((index) => ({
    class: index,
    label: labels?.names.get(index) ?? null,
    score: scores[index]!,
    ...(probabilities ? { probability: probabilities.values[index]! } : {}),
  }));
}
