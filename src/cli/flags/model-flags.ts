import { InvalidArgumentError, type Command } from "commander";
import { parseSize } from "./preprocessing-flags.js";

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
      "the output to explain (default: the first one); logits for the input of a final Softmax or Sigmoid, " +
        "or any value inside the model",
    )
    .option(
      "--layout <axes>",
      "roles of the input's axes, such as NHWC, NLC or CHW (default: inferred from the first layers)",
    )
    .option(
      "--size <HxW>",
      "height and width where the model leaves them open; one number for a square",
      (text: string): ModelFlags["size"] => {
        const { height, width } = parseSize(text);
        return [height, width];
      },
    )
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

const units: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, MIB: 2 ** 20, GIB: 2 ** 30 };

function parseMemory(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([MG]i?B)$/i.exec(text) ?? [];
  const bytes = Number(number) * (units[unit.toUpperCase()] ?? NaN);
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError("It must be a size in MB or GB, such as 500MB or 4GB.");
}
