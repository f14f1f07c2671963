import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importModel } from "../../src/onnx/import/import.js";
import { decodeModel } from "../../src/onnx/file/decode.js";
import { registry } from "../../src/ops/all.js";
import { prepare } from "../../src/passes/prepare.js";
import { decodeSafetensors } from "../../src/tensor/safetensors.js";
import { toNumbers, type Tensor } from "../../src/tensor/tensor.js";
import { asClassifier, type Classifier } from "../../src/train/classifier.js";
import type { Parameter } from "../../src/train/parameters.js";

const folder = fileURLToPath(new URL("../../fixtures/train/", import.meta.url));

/** PyTorch's numbers of a network: see fixtures/train/make.py. */
export function goldenOf(net: string): ReadonlyMap<string, Tensor> {
  return decodeSafetensors(readFileSync(`${folder}${net}.safetensors`)).tensors;
}

export async function trainable(net: string, exporter: string): Promise<Classifier> {
  const bytes = readFileSync(`${folder}${net}.${exporter}.onnx`);
  return asClassifier(prepare(await importModel(decodeModel(bytes)), registry), registry);
}

/**
 * PyTorch's name for each parameter and statistic. An exporter may rename a matrix that it stores transposed, or a slope
 * with more axes: the unmatched ones of both sides are paired by equal extents.
 */
export function namesInPyTorch(
  { parameters, statistics }: Classifier,
  golden: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, string> {
  const theirs = [...golden.keys()].flatMap((key) => /^gradient\/(.*)/.exec(key)?.[1] ?? []);
  const ours = new Set(parameters.map((p) => p.name));
  const extents = (dims: readonly number[]): string => dims.filter((d) => d !== 1).join();
  const matching = ({ name, value }: Parameter): string => {
    if (theirs.includes(name)) return name;
    const wanted = extents(value.dims.toReversed());
    const found = theirs.filter(
      (n) => !ours.has(n) && extents(golden.get(`gradient/${n}`)!.dims) === wanted,
    );
    if (found.length !== 1) throw new Error(`${name} may be ${found.join(" or ") || "anything"}`);
    return found[0]!;
  };
  return new Map([
    ...parameters.map((p) => [p.name, matching(p)] as const),
    ...statistics.flatMap((s) => [s.mean, s.variance].map((name) => [name, name] as const)),
  ]);
}

/** The numbers of `t` in the order of a tensor of extents `dims`: unchanged, or transposed. */
export function alignedTo(dims: readonly number[], t: Tensor): ArrayLike<number> {
  const values = toNumbers(t);
  const [rows = 0, columns = 0] = t.dims;
  if (t.dims.length !== 2 || dims[0] !== columns || rows === columns) return values;
  return Float64Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}
