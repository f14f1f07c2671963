import type { Method } from "../../methods/core/method.js";
import { UsageError } from "../../errors.js";
import { findMethod, methods } from "../../methods/all.js";

/** Maps that know nothing of the class, which every comparison shows beside the others. */
export const baselines: readonly string[] = ["random", "edge", "centre-blur"];

/** What a comparison shows unless told otherwise: each kind of method once, and the baselines. */
const usual: readonly string[] = [
  "fullgrad",
  "simple-fullgrad",
  "smooth-fullgrad",
  "gradient",
  "gradient-x-input",
  "integrated-gradients",
  "smoothgrad",
  "guided-backprop",
  "grad-cam",
  "layer-cam",
  "deep-lift",
  "lrp",
  ...baselines,
];

/**
 * The methods that --methods names, each once, in the order given; "all" of them; or the usual ones.
 *
 * @throws {UsageError} where one does not exist
 */
export function chooseMethods(flag: string | undefined): readonly Method[] {
  if (flag === "all") return methods;
  if (flag === undefined)
    return usual.flatMap((name) => methods.find((m) => m.name === name) ?? []);
  const names = flag
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) throw new UsageError(`--methods ${flag}: name methods, as in a,b,c`);
  return [...new Set(names)].map(findMethod);
}
