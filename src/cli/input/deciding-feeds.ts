import { readFile } from "node:fs/promises";
import { FullgradError } from "../../errors.js";
import type { Feeds } from "../../model/model-options.js";
import type { Port } from "../../onnx/ir.js";
import { isFloat } from "../../tensor/dtype.js";
import { decodeNpy } from "../../tensor/npy.js";

/**
 * The values of --feed that may decide what a model does, such as a sample rate: looking at the model needs them before
 * all are read and checked (feeds.ts), where what is wrong with a file is said.
 */
export async function decidingFeeds(
  flags: readonly string[],
  inputs: readonly Port[],
): Promise<Feeds> {
  const read = flags.map(async (flag) => {
    const [, name = "", path = ""] = /^([^=]+)=(.+)$/.exec(flag) ?? [];
    const port = inputs.find((i) => i.name === name);
    if (!port || (isFloat(port.fact.dtype) && port.fact.shape.length > 0)) return [];
    try {
      return [[name, decodeNpy(await readFile(path), path)] as const];
    } catch (error) {
      if (error instanceof FullgradError || error instanceof Error) return [];
      throw error;
    }
  });
  return Object.fromEntries((await Promise.all(read)).flat());
}
