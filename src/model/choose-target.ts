import type { MaskTarget, PlainTarget, Target } from "../target/target.js";
import { rowsOf } from "../tensor/batches.js";
import { describeOutputs } from "../target/ports.js";
import {
  classesOf,
  resolveTarget,
  seedOf,
  targetWords,
  type TargetPort,
} from "../target/target-expression.js";
import { TargetError } from "../errors.js";
import type { Model } from "./model.js";
import { findLabel, type Labels } from "./label-names.js";
import type { Inspection } from "../runtime/inspection-report.js";
import { topClasses } from "./predictions.js";

/** What --target asks for: the first choice, the first five, one class, or a number of an output of another shape. */
export type TargetChoice =
  "top" | "top5" | number | { readonly words: string; readonly mask?: MaskTarget };

/** What a target is chosen of: the explained output, and what the model has. */
export interface TargetModel {
  readonly output: TargetPort;
  readonly inspection: Inspection;
}

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
  model: TargetModel,
  flag = "--target",
): TargetChoice {
  const { output: port, inspection } = model;
  const { assumedSize, outputs } = inspection;
  const { name, shape, classes } = port;
  const isTop = text === "top" || text === "top5";
  const against = /^against(?::(.+))?$/.exec(text);
  if (against) {
    const [, inner] = against;
    const of = inner === undefined ? undefined : chooseTarget(inner, labels, model, flag);
    const named = typeof of === "object" ? of.words : of;
    const words = named === undefined ? text : `against:${named}`;
    if (!assumedSize) resolveTarget(port, words, 1);
    return { words };
  }
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
  throw new TargetError(`${flag} ${text}: there is no such class; ${classesOf(classes)}`);
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
  if (typeof choice === "object") return [{ target: askedOf(choice) }];
  if (choice !== "top5") return [{ target: choice }];
  const best = rowsOf(await predict(), count).map((row) => topClasses(row, topCount));
  return best[0]!.map((_, i) => ({ target: best.map((classes) => classes[i]!), rank: i + 1 }));
}

/** A choice of one target as the library takes it. */
export function askedOf(choice: Exclude<TargetChoice, "top5">): PlainTarget {
  return typeof choice === "object" ? (choice.mask ?? choice.words) : choice;
}

/** The label of the class that a target is about. */
export function labelOf(target: number | string, labels: Labels | undefined): string | null {
  const found = /^(?:against:)?(?:mask:.*@|.*class:)?(\d+)(?:@|$)/.exec(String(target));
  const index = Number(found?.[1] ?? -1);
  return labels?.names.get(index) ?? null;
}

/**
 * "282 tiger cat", "class 7", or the words of another target; of a model whose output is a single number, "the output"
 * and "against the output".
 *
 * @param classes of the model's output, where it has classes
 */
export function nameOfClass(
  { target, label }: { readonly target: number | string; readonly label: string | null },
  classes?: number,
): string {
  if (label !== null) return `${target} ${label}`;
  if (classes === 1 && isOutput.has(target)) return "the output";
  if (classes === 1 && againstOutput.has(target)) return "against the output";
  return typeof target === "number" ? `class ${target}` : target;
}

const isOutput: ReadonlySet<number | string> = new Set([0, "0"]);
const againstOutput: ReadonlySet<number | string> = new Set(["against", "against:0"]);
