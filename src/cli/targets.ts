import type { Target } from "../engine/target.js";
import { rowsOf } from "../engine/batches.js";
import { describeOutputs } from "../engine/ports.js";
import { seedOf, targetWords } from "../engine/target-words.js";
import { TargetError } from "../errors.js";
import type { Model } from "../model.js";
import { findLabel, type Labels } from "./label-names.js";
import type { ExplainableModel } from "./model-file.js";
import { topClasses } from "./predictions.js";

/** What --target asks for: the first choice, the first five, one class, or a number of an output of another shape. */
export type TargetChoice = "top" | "top5" | number | { readonly words: string };

/** One class to explain for each sample of a batch; `rank` counts from 1 where several are asked for. */
export interface Pass {
  readonly target: Target;
  readonly rank?: number;
}

/** How many classes "top5" means. */
export const topCount = 5;

/** Words for one element or region, which are no label. */
const words = /^\d+@|^box:|^\d+(,\d+)+$/;

/**
 * What --target means, or another flag that names one.
 *
 * Where the size of the output is open, words are checked when the model runs.
 *
 * @throws {TargetError} where the number is out of range, the label is unknown or ambiguous, or words do not fit
 */
export function chooseTarget(
  text: string,
  labels: Labels | undefined,
  {
    output: port,
    inspection: { assumedSize, outputs },
  }: Pick<ExplainableModel, "output" | "inspection">,
  flag = "--target",
): TargetChoice {
  const { name, shape, classes } = port;
  const isTop = text === "top" || text === "top5";
  if (!isTop && (classes === undefined || words.test(text))) {
    if (!assumedSize) seedOf(text, shape, name);
    return { words: text };
  }
  if (classes === undefined) {
    throw new TargetError(
      `${flag} ${text}: output "${name}" is [${shape.join(",")}], which has no class scores [N,K]; ` +
        `${targetWords(port)} would work. The model has these outputs: ${describeOutputs(outputs)}`,
    );
  }
  if (isTop) return text;
  const index = /^\d+$/.test(text) ? Number(text) : findLabel(text, labels);
  if (index < classes) return index;
  throw new TargetError(
    `${flag} ${text}: there is no such class; the model has classes 0 to ${classes - 1}`,
  );
}

/** The ranks that are explained of every sample; [undefined] where it is one class without rank. */
export function ranksOf(choice: TargetChoice, classes = 1): readonly (number | undefined)[] {
  if (choice !== "top5") return [undefined];
  return Array.from({ length: Math.min(topCount, classes) }, (_, i) => i + 1);
}

/**
 * What has to be run for a batch. "top5" asks the model first.
 *
 * @param predict the model's output for the batch
 */
export async function passesFor(
  choice: TargetChoice,
  count: number,
  predict: () => ReturnType<Model["predict"]>,
): Promise<Pass[]> {
  if (typeof choice === "object") return [{ target: choice.words }];
  if (choice !== "top5") return [{ target: choice }];
  const best = rowsOf(await predict(), count).map((row) => topClasses(row, topCount));
  return best[0]!.map((_, i) => ({ target: best.map((classes) => classes[i]!), rank: i + 1 }));
}

/** The label of the class that a target is about. */
export function labelOf(target: number | string, labels: Labels | undefined): string | null {
  const found = typeof target === "number" ? target : /^(\d+)@|class:(\d+)$/.exec(target);
  const index = typeof found === "number" ? found : Number(found?.[1] ?? found?.[2] ?? -1);
  return labels?.names.get(index) ?? null;
}
