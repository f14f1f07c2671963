import { readFileSync } from "node:fs";
import type { Quantity, Target } from "../../src/target/target.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import type { Tensor } from "../../src/tensor/tensor.js";

/** What someone else's code says of a network's first sample; fixtures/methods has the scripts. */
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

const read = (file: string): readonly MethodCase[] =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")) as readonly MethodCase[];

export const methodCases = ["cases.json", "cam-cases.json", "lrp-cases.json"].flatMap(read);

export function expectedOf({ file }: MethodCase): Tensor {
  return decodeNpy(readFileSync(new URL(file, folder)));
}
