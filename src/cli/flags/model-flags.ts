import { InvalidArgumentError, type Command } from "commander";
import { maxPixels } from "../../image/raster.js";

/** Flags of every command. */
export interface ModelFlags {
  readonly inputName?: string | undefined;
  readonly output?: string | undefined;
  readonly layout?: string | undefined;
  readonly size?: readonly [height: number, width: number] | undefined;
  /** In bytes. */
  readonly maxMemory?: number | undefined;
  readonly straightThrough?: boolean | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

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
    .option(
      "--layout <axes>",
      "what each axis of the input is, such as NHWC, NLC or CHW (default: found from the first layers)",
    )
    .option("--size <HxW>", "height and width, where the model leaves them open", parseSize)
    .option(
      "--max-memory <size>",
      "graphs whose tensors take more memory are refused, such as 4GB (default: half of the machine's)",
      parseMemory,
    )
    .option(
      "--straight-through",
      "gradients pass signs where |x| <= 1, as binarised networks are trained",
    )
    .option("--json", "one JSON document on standard output", false)
    .option("--quiet", "no progress and no notes on standard error", false);
}

function parseSize(text: string): readonly [number, number] {
  const [, height = 0, width = 0] = /^(\d+)x(\d+)$/i.exec(text)?.map(Number) ?? [];
  if (height < 1 || width < 1 || height * width > maxPixels) {
    throw new InvalidArgumentError("It must be HEIGHTxWIDTH in pixels, such as 224x224.");
  }
  return [height, width];
}

const units: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, MIB: 2 ** 20, GIB: 2 ** 30 };

function parseMemory(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([MG]i?B)$/i.exec(text) ?? [];
  const bytes = Number(number) * (units[unit.toUpperCase()] ?? NaN);
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError("It must be a size in MB or GB, such as 500MB or 4GB.");
}
