import type { Command } from "commander";
import { addEngineFlags, type EngineFlags } from "./engine.js";
import { methodsOption, type ChosenMethod } from "./method-list.js";
import type { ModelFlags } from "./model-flags.js";
import { maxThreads, setOption, whole } from "./options.js";

export interface BenchFlags extends ModelFlags, EngineFlags {
  readonly method: readonly ChosenMethod[];
  readonly set: readonly string[];
  readonly feed: readonly string[];
  readonly runs: number;
  readonly seed: number;
}

export function addBenchFlags(command: Command): Command {
  return addEngineFlags(command)
    .addOption(methodsOption("--methods, --method", "a,b,c, or all", "gradient,fullgrad"))
    .addOption(
      setOption("METHOD.NAME=VALUE, or NAME=VALUE for every method that has such a setting"),
    )
    .option(
      "--feed <name=file>",
      "a .npy value for an input that is not explained; may be repeated",
      (flag: string, all: readonly string[]) => [...all, flag],
      [],
    )
    .option("--runs <n>", "warm runs of each, in three turns", whole(1, 100_000), 9)
    .option("--seed <n>", "seed of the random sample", whole(0, 2 ** 32 - 1), 0)
    .option(
      "--threads <n>",
      "threads for one operator (default: one a core)",
      whole(1, maxThreads),
    );
}
