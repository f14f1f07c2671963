import type { Inspection } from "../runtime/inspection-report.js";
import type { MaskTarget, Target } from "../target/target.js";
import type { TargetExpression } from "../target/parse.js";
import type { Detection, DetectionQuestion } from "../target/detection.js";
import { describeOutputs } from "../target/ports.js";
import { classesOf, resolveTarget, targetWords, type TargetPort } from "../target/resolve.js";
import { TargetError } from "../errors.js";
import { rowsOf } from "../tensor/batches.js";
import type { Tensor } from "../tensor/tensor.js";
import { findLabel, type Labels } from "./label-names.js";
import { topClasses } from "./predictions.js";

/** A target resolved for a model: labels replaced by class numbers, masks read. */
export type TargetChoice = TargetExpression | MaskTarget;

/** The properties of a model that targets depend on. */
export interface TargetContext {
  readonly output: TargetPort;
  readonly inspection: Pick<Inspection, "assumedSize" | "outputs">;
}

/** One class to explain for each sample of a batch; `rank`, from 1, if several classes per sample are explained. */
export interface Pass {
  readonly target: Target;
  readonly rank?: number;
  /** The sample to explain; by default the whole batch. */
  readonly sample?: number;
}

/** Number of classes of "top5". */
export const topCount = 5;

/**
 * Resolves a target expression for a model with named classes.
 *
 * Positions in an output of open size are checked when the model runs.
 *
 * @param flag the name of the option in messages
 * @throws {TargetError} if a number is out of range, a label is unknown or ambiguous, or the expression does not fit
 * the output
 */
export function chooseTarget(
  target: TargetExpression,
  labels: Labels | undefined,
  { output: port, inspection }: TargetContext,
  flag = "target",
): TargetExpression {
  const { assumedSize, outputs } = inspection;
  const { name, shape, classes } = port;
  const { kind, text } = target;
  if (kind === "detections") return target;
  const checked = (fitting: TargetExpression): TargetExpression => {
    if (!assumedSize) resolveTarget(port, fitting, 1);
    return fitting;
  };
  if (kind === "against") {
    if (!target.of) return checked(target);
    const of = chooseTarget(target.of, labels, { output: port, inspection }, flag);
    return checked({ ...target, of, text: `against:${of.text}` });
  }
  const isTop = kind === "top" || kind === "top5" || kind === "all";
  const isName = kind === "label" || kind === "input" || kind === "mask";
  if (!isTop && (classes === undefined || !(isName || kind === "class"))) return checked(target);
  if (classes === undefined) {
    throw new TargetError(
      `${flag} ${text}: output "${name}" is [${shape.join(",")}], which has no class scores [N,K]; ` +
        `${targetWords(port)} would work. The model has these outputs: ${describeOutputs(outputs)}`,
    );
  }
  if (isTop) return target;
  const index = kind === "class" ? target.class : findLabel(text, labels, `${flag} ${text}`);
  if (index < classes) return { kind: "class", class: index, text: String(index) };
  throw new TargetError(`${flag} ${text}: this class does not exist; ${classesOf(classes)}`);
}

/** The explained ranks of every sample; [undefined] for a single class without rank. */
export function ranksOf(choice: TargetChoice, classes = 1): readonly (number | undefined)[] {
  if (!isTop5(choice)) return [undefined];
  return Array.from({ length: Math.min(topCount, classes) }, (_, i) => i + 1);
}

/**
 * The runs that a batch needs. "top5" and "detections" evaluate the model first.
 *
 * @param predict computes the model's output for the batch
 * @param detect finds the detections of the batch
 * @throws {TargetError} if a request other than an explanation asks for detections or all classes
 */
export async function passesFor(
  choice: TargetChoice,
  count: number,
  predict: () => Promise<Tensor>,
  detect?: (question: DetectionQuestion) => Promise<readonly Detection[]>,
): Promise<Pass[]> {
  if ("kind" in choice && !detect && (choice.kind === "detections" || choice.kind === "all")) {
    throw new TargetError(`only explain takes ${choice.kind} (option target: ${choice.text})`);
  }
  if ("kind" in choice && choice.kind === "detections" && detect) {
    const found = await detect(choice);
    return found.map((target) => ({ target, rank: target.rank, sample: target.sample }));
  }
  if (!isTop5(choice)) return [{ target: choice }];
  const best = rowsOf(await predict(), count).map((row) => topClasses(row, topCount));
  return best[0]!.map((_, i) => ({ target: best.map((classes) => classes[i]!), rank: i + 1 }));
}

const isTop5 = (choice: TargetChoice): boolean => "kind" in choice && choice.kind === "top5";
