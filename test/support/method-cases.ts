import { readFileSync } from "node:fs";
import type { Quantity, Target } from "../../src/engine/target.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import type { Tensor } from "../../src/tensor/tensor.js";

/** What someone else's code says of a network's first sample; fixtures/methods/make.py has it. */
export interface MethodCase {
  readonly network: string;
  readonly method: string;
  readonly what: "attribution" | "map";
  /** Who computed it. */
  readonly by: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly target: number;
  /** What is asked beside the target, and the number that is then explained. */
  readonly asked?: { readonly versus?: number; readonly quantity?: Quantity };
  readonly score?: number;
  readonly file: string;
}

/** What the case explains. */
export function askedOf({ target, asked }: MethodCase): Target {
  return asked ? { of: target, ...asked } : target;
}

const folder = new URL("../../fixtures/methods/", import.meta.url);

export const methodCases = JSON.parse(
  readFileSync(new URL("cases.json", folder), "utf8"),
) as readonly MethodCase[];

export function expectedOf({ file }: MethodCase): Tensor {
  return decodeNpy(readFileSync(new URL(file, folder)));
}
