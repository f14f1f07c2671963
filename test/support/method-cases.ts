import { readFileSync } from "node:fs";
import type { Quantity, Target } from "../../src/target/target.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import type { Exporter } from "./networks.js";

/** The result of another implementation for a network's first sample; fixtures/methods has the scripts. */
export interface MethodCase {
  readonly network: string;
  readonly method: string;
  readonly what: "attribution" | "map";
  /** The implementation. */
  readonly by: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** The nodes of the setting `layer`, whose names depend on the exporter. */
  readonly layers?: Readonly<Record<Exporter, readonly string[]>>;
  /** The label map of the setting `regions`. */
  readonly regions?: string;
  readonly target: number;
  /** Further options of the target, and the explained score. */
  readonly asked?: { readonly versus?: number; readonly quantity?: Quantity };
  readonly score?: number;
  readonly file: string;
}

/** The target of a case. */
export function askedOf({ target, asked }: MethodCase): Target {
  return asked ? { of: target, ...asked } : target;
}

/** The settings of a case for the file of an exporter. */
export function settingsOf(
  { settings, layers, regions }: MethodCase,
  exporter: Exporter,
): Readonly<Record<string, unknown>> {
  return {
    ...settings,
    ...(layers ? { layer: layers[exporter] } : {}),
    ...(regions === undefined ? {} : { regions: methodTensor(regions) }),
  };
}

const folder = new URL("../../fixtures/methods/", import.meta.url);

const read = (file: string): readonly MethodCase[] =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")) as readonly MethodCase[];

export const methodCases = [
  "cases.json",
  "cam-cases.json",
  "lrp-cases.json",
  "region-cases.json",
].flatMap(read);

/** Cases of the transformers in fixtures/methods, whose files are NETWORK.EXPORTER.onnx there. */
export const transformerCases = read("transformer-cases.json");

export const expectedOf = ({ file }: MethodCase): Tensor => methodTensor(file);

/** An array of fixtures/methods. */
export function methodTensor(file: string): Tensor {
  return decodeNpy(readFileSync(new URL(file, folder)));
}
