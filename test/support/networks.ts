import { readFileSync } from "node:fs";
import { decodeModel } from "../../src/onnx/file/decode.js";
import { importModel } from "../../src/onnx/import/import.js";
import type { TypedGraph } from "../../src/onnx/ir.js";
import { registry } from "../../src/ops/all.js";
import { prepare } from "../../src/passes/prepare.js";
import { decodeNpy } from "../../src/tensor/npy.js";
import type { Tensor } from "../../src/tensor/tensor.js";

export const exporters = ["legacy", "dynamo"] as const;
export type Exporter = (typeof exporters)[number];

/** The networks of fixtures/networks; nets.py there documents each one. */
export const networkNames = [
  "alexnet",
  "vgg11",
  "vgg11-bn",
  "resnet18",
  "resnet-bottleneck",
  "resnext",
  "squeezenet",
  "densenet",
  "googlenet",
  "mobilenet-v2",
  "mnasnet",
  "shufflenet-v2",
  "efficientnet-lite",
  "tiny-relu",
  "tiny-silu",
  "tiny-mlp-head",
] as const;

/** One unit of attribution, from PyTorch's autograd in float64. */
export interface GoldenUnit {
  readonly name: string;
  readonly kind: string;
  readonly spatial: boolean;
  readonly sum: readonly number[];
  readonly absoluteSum: readonly number[];
  /** The ONNX nodes whose terms add up to the unit's. */
  readonly nodes: Readonly<Record<Exporter, readonly string[]>>;
  readonly tensor?: string;
}

export interface Golden {
  readonly target: readonly number[];
  readonly output: readonly number[];
  readonly inputTerm: readonly number[];
  readonly inputGradientFloat32Error: number;
  readonly units: readonly GoldenUnit[];
}

const folder = new URL("../../fixtures/networks/", import.meta.url);

export function golden(name: string): Golden {
  return JSON.parse(readFileSync(new URL(`${name}/golden.json`, folder), "utf8")) as Golden;
}

export function goldenTensor(name: string, file: string): Tensor {
  return decodeNpy(readFileSync(new URL(`${name}/${file}`, folder)));
}

export function networkFile(name: string, exporter: Exporter): Uint8Array {
  return readFileSync(new URL(`${name}.${exporter}.onnx`, folder));
}

/** The prepared graph of a network. */
export async function network(name: string, exporter: Exporter): Promise<TypedGraph> {
  return prepare(await importModel(decodeModel(networkFile(name, exporter))), registry);
}
