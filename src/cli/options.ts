import { InvalidArgumentError, Option, type Command } from "commander";
import { conventions, type Convention } from "../engine/psi.js";
import { maxPixels } from "../image/raster.js";
import { methods } from "../methods/all.js";

/** Flags of every command. */
export interface ModelFlags {
  readonly inputName?: string;
  readonly output?: string;
  readonly size?: readonly [height: number, width: number];
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Flags of the commands that run the model. */
export interface RunFlags extends ModelFlags {
  readonly target: string;
  readonly feed: readonly string[];
  readonly preprocess?: string;
  readonly labels?: string;
  readonly backend: "ort";
  readonly provider: string;
  readonly threads?: number;
  readonly batch: number;
}

export interface ExplainFlags extends RunFlags {
  readonly method: string;
  readonly convention: Convention;
  readonly out: string;
}

export interface VerifyFlags extends RunFlags {
  readonly input?: string;
  readonly samples: number;
  readonly seed: number;
  readonly bisect: boolean;
}

/** Execution providers that onnxruntime-node has a name for; which of them work depends on the machine. */
const providers = ["cpu", "cuda", "webgpu", "dml", "coreml"];

/** More threads than this are a slip of the finger. */
const maxThreads = 1024;

export function addModelFlags(command: Command): Command {
  return command
    .option(
      "--input-name <name>",
      "the input to explain (default: the only one, or the only image)",
    )
    .option(
      "--output <name>",
      "the output to explain (default: the first one); logits for what goes into a final Softmax or Sigmoid, " +
        "or any value inside the model",
    )
    .option("--size <HxW>", "height and width, where the model leaves them open", parseSize)
    .option("--json", "one JSON document on standard output", false)
    .option("--quiet", "no progress and no notes on standard error", false);
}

export function addRunFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--target <class>",
        "class number, label, top, or top5 for the five best; of a map, class@x,y, class@x0,y0,x1,y1 (mean of a region) " +
          "or class@ (of all); box:i,class:j; or an index, 3,1,4",
      )
        .default("top")
        .argParser(parseTarget),
    )
    .option(
      "--feed <name=file>",
      "a .npy value for an input that is not explained, one row for all samples or one for each; may be repeated",
      (flag: string, all: readonly string[]) => [...all, flag],
      [],
    )
    .option(
      "--preprocess <how>",
      "imagenet, none, or a preprocessor_config.json or timm config " +
        "(default: MODEL.preprocess.json or preprocessor_config.json beside the model, else imagenet)",
    )
    .option(
      "--labels <names>",
      "imagenet, or a file: JSON array, JSON object by number, config.json with id2label, " +
        "or text, one a line (default: imagenet where there are 1000 classes)",
    )
    .addOption(
      new Option("--backend <name>", "the engine: ort").default("ort").argParser(parseBackend),
    )
    .addOption(
      new Option("--provider <name>", "ONNX Runtime's execution provider")
        .choices(providers)
        .default("cpu"),
    )
    .option("--threads <n>", "threads for one operator (default: one a core)", whole(1, maxThreads))
    .option("--batch <n>", "samples that are run at once", whole(1), 1);
}

export function addExplainFlags(command: Command): Command {
  return command
    .requiredOption("-o, --out <dir>", "folder for maps, pictures and manifests")
    .addOption(
      new Option("--method <name>", "how the map is made")
        .choices(methods.map((m) => m.name))
        .default("fullgrad"),
    )
    .addOption(
      new Option("--convention <name>", "the reference code's rescaling of today, or of 2019")
        .choices(conventions)
        .default("head"),
    );
}

export function addVerifyFlags(command: Command): Command {
  return command
    .option("--input <file>", "a .npy file or an image (default: random normal numbers)")
    .option("--samples <n>", "how many random samples, without --input", whole(1), 4)
    .option("--seed <n>", "seed of the random samples", whole(0, 2 ** 32 - 1), 0)
    .option("--bisect", "which node loses something, for the worst sample", false);
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

function parseSize(text: string): readonly [number, number] {
  const [, height = 0, width = 0] = /^(\d+)x(\d+)$/i.exec(text)?.map(Number) ?? [];
  if (height < 1 || width < 1 || height * width > maxPixels) {
    throw new InvalidArgumentError("It must be HEIGHTxWIDTH in pixels, such as 224x224.");
  }
  return [height, width];
}

function parseTarget(text: string): string {
  const target = text.trim();
  const isWrong = target === "" || (Number.isFinite(Number(target)) && !/^\d+$/.test(target));
  if (!isWrong) return target;
  throw new InvalidArgumentError("It must be a class number from 0, a label, top, or top5.");
}

function parseBackend(text: string): "ort" {
  if (text === "ort") return text;
  const reason =
    text === "tfjs" ? "tfjs is not yet in this version; ort is." : "There is only ort.";
  throw new InvalidArgumentError(reason);
}
