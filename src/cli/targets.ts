import type { Target } from "../engine/target.js";
import { TargetError } from "../errors.js";
import type { Model } from "../model.js";
import { toNumbers, type Tensor } from "../tensor/tensor.js";
import { findLabel, type Labels } from "./labels.js";
import { topClasses } from "./predictions.js";

/** What --target asks for: the first choice, the first five, or one class. */
export type TargetChoice = "top" | "top5" | number;

/** One class to explain for each sample of a batch; `rank` counts from 1 where several are asked for. */
export interface Pass {
  readonly target: Target;
  readonly rank?: number;
}

/** How many classes "top5" means. */
export const topCount = 5;

/**
 * The class that --target means.
 *
 * @throws {TargetError} where the number is out of range or the label is unknown or ambiguous
 */
export function chooseTarget(
  text: string,
  labels: Labels | undefined,
  classes: number,
): TargetChoice {
  if (text === "top" || text === "top5") return text;
  const index = /^\d+$/.test(text) ? Number(text) : findLabel(text, labels);
  if (index < classes) return index;
  throw new TargetError(
    `--target ${text}: there is no such class; the model has classes 0 to ${classes - 1}`,
  );
}

/** The ranks that are explained of every sample; [undefined] where it is one class without rank. */
export function ranksOf(choice: TargetChoice, classes: number): readonly (number | undefined)[] {
  if (choice !== "top5") return [undefined];
  return Array.from({ length: Math.min(topCount, classes) }, (_, i) => i + 1);
}

/** What has to be run for a batch. "top5" asks the model first. */
export async function passesFor(model: Model, x: Tensor, choice: TargetChoice): Promise<Pass[]> {
  if (choice !== "top5") return [{ target: choice }];
  const rows = rowsOf(await model.predict(x));
  const best = rows.map((row) => topClasses(row, topCount));
  return best[0]!.map((_, i) => ({ target: best.map((classes) => classes[i]!), rank: i + 1 }));
}

/** The rows of an output [N,K]. */
export function rowsOf(output: Tensor): number[][] {
  const numbers = Array.from(toNumbers(output));
  const [count, classes] = output.dims as [number, number];
  return Array.from({ length: count }, (_, n) => numbers.slice(n * classes, (n + 1) * classes));
}
