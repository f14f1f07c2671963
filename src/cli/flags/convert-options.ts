import { Option, type Command } from "commander";
import { conventions, type Convention } from "../../decomposition/psi.js";
import { methodOption, type ChosenMethod } from "./method-list.js";
import type { ModelFlags } from "./model-flags.js";
import { parseTarget, type TargetExpression } from "../../target/parse.js";
import { addPreprocessingFlags, type PreprocessingFlags } from "./preprocessing-flags.js";
import { readTarget, whole } from "./options.js";

/** Target formats of a conversion. */
export const forms = ["onnx", "tfjs", "tfjs-graph"] as const;

export type Form = (typeof forms)[number];

export const outputFormats = ["map", "overlay"] as const;

export const weightTypes = ["float32", "float16"] as const;
export const borders = ["model", "channels-last"] as const;

export interface ConvertFlags extends ModelFlags, PreprocessingFlags {
  readonly to: Form;
  readonly out: string;
  readonly target: TargetExpression;
  readonly labels?: string | undefined;
  readonly batch?: number | undefined;
  readonly method: ChosenMethod;
  readonly convention: Convention;
  readonly outputFormat: (typeof outputFormats)[number];
  readonly with: readonly string[];
  readonly weights: (typeof weightTypes)[number];
  readonly border: (typeof borders)[number];
}

export function addConvertFlags(command: Command): Command {
  const folded =
    "take pictures [N,H,W,3] of bytes and fold this in: imagenet, none (bytes to 0…1), or a file as for explain " +
    "(default: the network's own input)";
  return addPreprocessingFlags(command, folded)
    .addOption(
      new Option(
        "--to <form>",
        "what to write. onnx: the model and its explanation as one file; tfjs: a folder for loadTfjs, which explains " +
          "itself; tfjs-graph: a folder for tf.loadGraphModel, which predicts",
      )
        .choices(forms)
        .makeOptionMandatory(),
    )
    .requiredOption("-o, --out <path>", "the file or folder to write")
    .addOption(
      new Option(
        "--target <class>",
        "top: each image's first choice, chosen inside; input: a second input says it; else fixed inside: " +
          "class number, label, or whatever else explain knows",
      )
        .default(parseTarget("top"), "top")
        .argParser(readTarget),
    )
    .option(
      "--batch <n>",
      "onnx: fix the number of samples, so that the file loads faster (default: as the model has it)",
      whole(1),
    )
    .option("--labels <names>", "class names, for a --target in words: as for explain")
    .addOption(methodOption())
    .addOption(
      new Option("--convention <name>", "the reference code's rescaling of today, or of 2019")
        .choices(conventions)
        .default("head"),
    )
    .addOption(
      new Option("--output-format <name>", "overlay: the map drawn over the picture comes first")
        .choices(outputFormats)
        .default("map"),
    )
    .option(
      "--with <outputs>",
      "further outputs, separated by commas: input-gradient, input-term, terms, term:NODE, or another method's name",
      (text: string, all: readonly string[]) => [...all, ...text.split(",").filter(Boolean)],
      [],
    )
    .addOption(
      new Option("--weights <type>", "tfjs, tfjs-graph: how weights are kept")
        .choices(weightTypes)
        .default("float32"),
    )
    .addOption(
      new Option(
        "--border <layout>",
        "tfjs-graph: how images go in: as the model has them, or NHWC",
      )
        .choices(borders)
        .default("model"),
    );
}
