import { Option, type Command } from "commander";
import { quantities, type Quantity } from "../../target/target.js";
import { UsageError } from "../../errors.js";
import type { TargetOptions } from "../../model/model-options.js";
import type { Labels } from "../../model/label-names.js";
import type { ExplainableModel } from "../input/model-file.js";
import { chooseTargetOrMask } from "./mask-target.js";
import { askedOf } from "../../model/choose-target.js";

/** Which number of the target is explained. */
export interface ContrastFlags {
  readonly versus?: string | undefined;
  readonly quantity: Quantity;
}

/** What is asked beside the target. */
export type ChosenContrast = Pick<TargetOptions, "versus" | "quantity">;

export function addContrastFlags(command: Command): Command {
  return command
    .option(
      "--versus <class>",
      "a class whose number is subtracted: what speaks for the target and not for it? Written like --target",
    )
    .addOption(
      new Option("--quantity <name>", "the model's own number, or the logarithm of its softmax")
        .choices(quantities)
        .default("score"),
    );
}

/**
 * What --versus and --quantity mean.
 *
 * @throws {UsageError} @throws {TargetError} where --versus names no single class
 */
export async function chooseContrast(
  { versus, quantity, target }: ContrastFlags & { readonly target: string },
  labels: Labels | undefined,
  model: ExplainableModel,
): Promise<ChosenContrast> {
  const asked = quantity === "score" ? {} : { quantity };
  if (versus === undefined) return asked;
  if (target === "top5") {
    throw new UsageError("--versus compares one class with another; --target top5 is five");
  }
  const chosen = await chooseTargetOrMask(versus, labels, model, "--versus");
  if (chosen === "top" || chosen === "top5") {
    throw new UsageError(`--versus ${versus}: name the class that is subtracted`);
  }
  return { versus: askedOf(chosen), ...asked };
}
