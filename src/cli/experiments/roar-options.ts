import { InvalidArgumentError, Option, type Command } from "commander";
import { fractions } from "../../evaluate/ranking.js";
import { roarModes, type RoarMode } from "../../evaluate/tests/roar.js";
import { addModelFlags, type ModelFlags } from "../flags/model-flags.js";
import { notAChoice } from "../flags/choices.js";
import { whole } from "../flags/options.js";
import { methodsOption, type ChosenMethod } from "../flags/method-list.js";

export interface RoarFlags extends ModelFlags {
  readonly out: string;
  readonly method: readonly ChosenMethod[];
  readonly fractions: readonly number[];
  readonly mode: readonly RoarMode[];
  readonly seeds: number;
  readonly seed: number;
  readonly target: "top" | "label";
  readonly rank: "absolute" | "signed";
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: "sgd" | "adam";
  readonly rate?: number | undefined;
  readonly weightDecay: number;
  readonly schedule: "cosine" | "step" | "constant";
  readonly augment: boolean;
  readonly limit?: number | undefined;
  readonly provider: string;
  readonly threads?: number | undefined;
}

const parts = fractions([0.1, 0.3, 0.5, 0.7, 0.9], "parts of the pixels that are removed");

export function addRoarFlags(command: Command): Command {
  return addModelFlags(
    command
      .requiredOption("-o, --out <dir>", "folder for tables, charts, the report and checkpoints")
      .addOption(methodsOption("--method", "methods with commas between, or all", "fullgrad"))
      .addOption(
        new Option("--fractions <list>", `${parts.about}: ${parts.takes}`)
          .default(parts.default, parts.default.join(","))
          .argParser(parseFractions),
      )
      .addOption(
        new Option(
          "--mode <list>",
          "what networks are trained on: roar, images without the most salient pixels; kar, those pixels alone; " +
            "mask, their places alone",
        )
          .default(["roar"], "roar")
          .argParser(parseModes),
      )
      .option("--seeds <n>", "how many networks are trained for each point", whole(1, 1000), 3)
      .option("--seed <n>", "the first of their seeds", whole(0, 2 ** 31), 0)
      .addOption(
        new Option(
          "--target <what>",
          "the class that is explained: the network's choice, or the image's label",
        )
          .choices(["top", "label"])
          .default("top"),
      )
      .addOption(
        new Option("--rank <how>", "saliency is the map's absolute value, or the map as it is")
          .choices(["absolute", "signed"])
          .default("absolute"),
      )
      .option("--epochs <n>", "how often each network sees each training image", whole(1), 10)
      .option("--batch <n>", "images of a training step", whole(1), 64)
      .addOption(
        new Option("--optimizer <name>", "how weights are updated")
          .choices(["sgd", "adam"])
          .default("sgd"),
      )
      .option(
        "--rate <x>",
        "learning rate at the start (default: 0.05 for sgd, 0.001 for adam)",
        positive,
      )
      .option("--weight-decay <x>", "adds this part of a weight to its gradient", positive, 0)
      .addOption(
        new Option(
          "--schedule <name>",
          "the learning rate: cosine to 0, step (halved ten times on the way), or constant",
        )
          .choices(["cosine", "step", "constant"])
          .default("cosine"),
      )
      .option(
        "--augment",
        "mirror training images at random and move them by up to 4 pixels",
        false,
      )
      .option("--limit <n>", "take this many images of each part, evenly spread, not all", whole(1))
      .option("--provider <name>", "ONNX Runtime's execution provider", "cpu")
      .option("--threads <n>", "threads for one operator (default: one a core)", whole(1, 1024)),
  );
}

function parseFractions(text: string): readonly number[] {
  const values = parts.read(text)?.filter((part) => part > 0);
  if (!values || values.length === 0) throw new InvalidArgumentError(`It takes ${parts.takes}.`);
  return values;
}

function parseModes(text: string): readonly RoarMode[] {
  const words = text.split(",").map((word) => word.trim());
  const unknown = words.find((word) => roarModes.every((mode) => mode !== word));
  if (unknown !== undefined) throw new InvalidArgumentError(notAChoice(unknown, roarModes));
  return roarModes.filter((mode) => words.includes(mode));
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError("It must be a number from 0 on.");
}
