import { parseTarget, type TargetExpression } from "../../target/parse.js";
import { InvalidArgumentError, Option, type Command } from "commander";
import { conventions, type Convention } from "../../decomposition/psi.js";
import { maxPixels } from "../../image/raster.js";
import { addContrastFlags, type ContrastFlags } from "./contrast.js";
import { addEngineFlags, type EngineFlags } from "./engine.js";
import { methodOption, type ChosenMethod } from "./method-list.js";
import { addPictureFlags, type PictureFlags } from "./picture-flags.js";
import { addPreprocessingFlags, type PreprocessingFlags } from "./preprocessing-flags.js";
import type { ModelFlags } from "./model-flags.js";

/** Flags of the commands that run the model. */
export interface RunFlags extends ModelFlags, EngineFlags, PreprocessingFlags {
  readonly target: TargetExpression;
  readonly feed: readonly string[];
  readonly labels?: string | undefined;
  readonly batch: number;
  readonly maxPixels: number;
}

/** Values of --aggregate. */
export const aggregations = ["mean", "by-class"] as const;

export interface ExplainFlags extends RunFlags, ContrastFlags, PictureFlags {
  readonly method: ChosenMethod;
  readonly convention: Convention;
  readonly set: readonly string[];
  /** All values of --target, if it is given. */
  readonly targets?: readonly TargetExpression[] | undefined;
  readonly targetFile?: string | undefined;
  readonly aggregate?: (typeof aggregations)[number] | undefined;
  readonly out?: string | undefined;
  readonly show: boolean;
}

export interface VerifyFlags extends RunFlags, ContrastFlags {
  readonly input?: string | undefined;
  readonly samples: number;
  readonly seed: number;
  readonly bisect: boolean;
  /** Number of directions; undefined if the gradient is not checked. */
  readonly gradient?: number | undefined;
}

/** Default and maximum number of directions of --gradient. */
const usualDirections = 8;
const maxDirections = 10_000;

/** Maximum number of threads; more are taken for a typing error. */
export const maxThreads = 1024;

export function addRunFlags(command: Command): Command {
  const described = command
    .addOption(
      new Option(
        "--target <class>",
        "class number, label, top, or top5 for the five best; all for every class at once (cam, recipro-cam); of a map, class@x,y, class@x0,y0,x1,y1 (mean of a region) " +
          "or class@ (of all), of a signal class@x, of a volume class@x,y,z; mask:FILE@class (mean over a mask, .npy " +
          "or PNG); box:i,class:j; of a detector, detections:0.5 (each one found with that score or more); an index, 3,1,4; against:TARGET (evidence against it), or against alone if " +
          "the output is a single number",
      )
        .default(parseTarget("top"), "top")
        .argParser(readTarget),
    )
    .option(
      "--feed <name=file>",
      "a .npy value for an input that is not explained, one row for all samples or one for each; may be repeated",
      (flag: string, all: readonly string[]) => [...all, flag],
      [],
    )
    .option(
      "--labels <names>",
      "imagenet, or a file: JSON array, JSON object by number, config.json with id2label, " +
        "or text, one a line (default: imagenet for models with 1000 classes)",
    );
  const pictured = addPreprocessingFlags(
    described,
    "imagenet, bytes, none, or a file: preprocessor_config.json, a timm config, or " +
      '{"mean": [0.5], "std": [0.5]} (default: MODEL.preprocess.json or preprocessor_config.json beside the model, ' +
      "else imagenet, which is a guess; bytes where the model takes integers)",
  );
  return addEngineFlags(pictured)
    .option("--threads <n>", "threads for one operator (default: one a core)", whole(1, maxThreads))
    .option("--batch <n>", "samples that are run at once", whole(1), 1)
    .option(
      "--max-pixels <n>",
      "largest picture in pixels; decoding may take 6 bytes of memory for each",
      whole(1),
      maxPixels,
    );
}

export function addExplainFlags(command: Command): Command {
  const described = addContrastFlags(command)
    .option(
      "-o, --out <dir>",
      "folder for maps, pictures and manifests (default: a folder fullgrad beside the first input, and on a terminal a " +
        "small picture)",
    )
    .option("--show", "a small picture of each overlay in the terminal", false)
    .addOption(methodOption())
    .addOption(
      new Option("--convention <name>", "the reference code's rescaling of today, or of 2019")
        .choices(conventions)
        .default("head"),
    )
    .addOption(setOption("a setting of the method, NAME=VALUE"));
  return addPictureFlags(described)
    .addOption(
      new Option(
        "--aggregate <how>",
        "also the mean of all maps of one size, or one mean for each class",
      ).choices(aggregations),
    )
    .option(
      "--target-file <csv>",
      "a target for each picture, a line each: cat.png,282 (several targets: cat.png,282,285)",
    );
}

/** Lets --target be repeated: `targets` are all of them, `target` the last. */
export function addRepeatedTarget(command: Command): Command {
  return command.on("option:target", (text: string) => {
    const before = (command.getOptionValue("targets") ?? []) as readonly TargetExpression[];
    command.setOptionValue("targets", [...before, readTarget(text)]);
  });
}

export function addVerifyFlags(command: Command): Command {
  return addContrastFlags(command)
    .option("--input <file>", "a .npy file or an image (default: random normal numbers)")
    .option("--samples <n>", "how many random samples, without --input", whole(1), 4)
    .option("--seed <n>", "seed of the random samples", whole(0, 2 ** 32 - 1), 0)
    .addOption(
      new Option(
        "--gradient [k]",
        "also compare k directional derivatives with central differences of the model itself",
      )
        .preset(String(usualDirections))
        .argParser(whole(1, maxDirections)),
    )
    .option(
      "--bisect",
      "for the worst sample, the nodes that do not conserve the sum, or with --gradient have a wrong gradient",
      false,
    );
}

export function setOption(what: string): Option {
  return new Option("--set <name=value>", `${what}; may be repeated; "fullgrad methods" lists them`)
    .default([], "")
    .argParser((flag: string, all: readonly string[]) => [...all, flag]);
}

/** A parser of whole numbers from `min` on. */
export function whole(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number, ${range}.`);
  };
}

/** The words of --target as a tree. */
export function readTarget(text: string): TargetExpression {
  const target = text.trim();
  const isWrong = target === "" || (Number.isFinite(Number(target)) && !/^\d+$/.test(target));
  const read = parseTarget(target);
  if (read.kind === "malformed" && target.startsWith("detections:")) {
    throw new InvalidArgumentError(
      "Write detections:THRESHOLD with a score from 0 to 1, and behind it ,overlap=SHARE or ,logits if wanted.",
    );
  }
  if (!isWrong) return read;
  throw new InvalidArgumentError("It must be a class number from 0, a label, top, or top5.");
}
