import { InvalidArgumentError, Option, type Command } from "commander";
import type { Setting } from "../../methods/core/settings.js";
import { links, type Link } from "../../evaluate/scorer.js";
import { parseTarget, type TargetExpression } from "../../target/parse.js";
import { quantities, type Quantity } from "../../target/target.js";
import type { EvaluationTest } from "../../evaluate/test.js";
import { addModelFlags } from "../flags/model-flags.js";
import { addRunFlags, whole, type RunFlags } from "../flags/options.js";
import { methodsOption, type ChosenMethod } from "../flags/method-list.js";

/** Flags of every evaluation; the settings of the test are further properties. */
export interface EvaluateFlags extends RunFlags {
  readonly out: string;
  readonly method: readonly ChosenMethod[];
  readonly seed: number;
  readonly probability: Link | "auto";
  readonly quantity: Quantity;
  readonly versus?: TargetExpression | undefined;
  readonly smoothMaps?: readonly ChosenMethod[] | undefined;
  /** Cells along each side. */
  readonly smoothCells: number;
  /** Only for tests that need the position of the object. */
  readonly boxes?: string;
  readonly [setting: string]: unknown;
}

/** Flags of the run and one for each setting of the test. */
export function addEvaluateFlags(command: Command, test: EvaluationTest): Command {
  command
    .requiredOption("-o, --out <dir>", "folder for tables, charts and the report")
    .addOption(methodsOption("--method", "methods with commas between, or all", "fullgrad"))
    .option("--seed <n>", "seed of everything that is random", whole(0, 2 ** 32 - 1), 0)
    .addOption(
      new Option(
        "--probability <how>",
        "how outputs become probabilities; auto decides by their values",
      )
        .choices(["auto", ...links])
        .default("auto"),
    )
    .option(
      "--versus <class>",
      "explain the target's score minus this class's; second is the best class beside the target. The test scores the " +
        "target alone",
      parseTarget,
    )
    .addOption(
      new Option(
        "--quantity <name>",
        "explain the model's own number, or the logarithm of its softmax",
      )
        .choices(quantities)
        .default("score"),
    )
    .addOption(
      methodsOption(
        "--smooth-maps",
        "methods, or all of --method, that are also judged by their map averaged over a coarse grid and enlarged again: " +
          "the effect of smoothness",
      ),
    )
    .option("--smooth-cells <n>", "cells of that grid along each side", whole(1), 7);
  if (test.needsBoxes) {
    command.requiredOption(
      "--boxes <file>",
      'JSON, the boxes around the objects of each image in its own pixels: {"cat.png": [[left, top, right, bottom]]}; ' +
        'or {"box": […], "class": N} for one class',
    );
  }
  for (const [name, setting] of Object.entries(test.settings)) {
    command.addOption(optionOf(name, setting));
  }
  return addModelFlags(addRunFlags(command));
}

function optionOf(name: string, setting: Setting<unknown>): Option {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const option = new Option(`--${flag} <value>`, `${setting.about}: ${setting.takes}`);
  if (setting.default !== undefined)
    option.default(setting.default, JSON.stringify(setting.default));
  return option.argParser((text) => {
    const value = setting.read(text);
    if (value === undefined) throw new InvalidArgumentError(`It takes ${setting.takes}.`);
    return value;
  });
}

/** The values of the test's settings among the flags. */
export function settingsIn(
  flags: Readonly<Record<string, unknown>>,
  { settings }: EvaluationTest,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.keys(settings).map((name) => [name, flags[name]]));
}
