import { Option, type Command } from "commander";
import { quantities, type Quantity } from "../../target/target.js";
import { UsageError } from "../../errors.js";
import type { TargetOptions } from "../../model/model-options.js";
import type { Labels } from "../../model/label-names.js";
import type { ExplainableModel } from "../input/model-file.js";
import { chooseTargetOrMask } from "./mask-target.js";
import { parseTarget, type TargetExpression } from "../../target/parse.js";

/** The number of the target to explain. */
export interface ContrastFlags {
  readonly versus?: TargetExpression | undefined;
  readonly quantity: Quantity;
}

/** The contrast of a request, beside its target. */
export type ChosenContrast = Pick<TargetOptions, "versus" | "quantity">;

export function addContrastFlags(command: Command): Command {
  return command
    .option(
      "--versus <class>",
      "a class whose score is subtracted, written like --target: evidence for the target rather than for this class",
      parseTarget,
    )
    .addOption(
      new Option("--quantity <name>", "the model's own number, or the logarithm of its softmax")
        .choices(quantities)
        .default("score"),
    );
}

/**
 * Resolves --versus and --quantity.
 *
 * @throws {UsageError} @throws {TargetError} if --versus names no single class
 */
export async function chooseContrast(
  { versus, quantity, target }: ContrastFlags & { readonly target: TargetExpression },
  labels: Labels | undefined,
  model: ExplainableModel,
): Promise<ChosenContrast> {
  const asked = quantity === "score" ? {} : { quantity };
  if (versus === undefined) return asked;
  if (target.kind === "top5") {
    throw new UsageError("--versus compares one class with another; --target top5 is five");
  }
  const chosen = await chooseTargetOrMask(versus, labels, model, "--versus");
  if ("kind" in chosen && (chosen.kind === "top" || chosen.kind === "top5")) {
    throw new UsageError(`--versus ${versus.text}: name the class that is subtracted`);
  }
  return { versus: chosen, ...asked };
}
