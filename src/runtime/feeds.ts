import { InputError } from "../errors.js";
import { didYouMean } from "../files/nearest-names.js";
import type { Fact, TypedGraph } from "../onnx/ir.js";
import type { Dim } from "../tensor/shape.js";
import type { Tensor, Tensors } from "../tensor/tensor.js";
import { sliceBatch } from "../tensor/batches.js";
import { inputNames, missingValue } from "../target/ports.js";

/**
 * Checks that every input of the model has a value, and returns the values.
 *
 * @param others values of the other inputs: a row for each sample of `x`, or one value for all
 * @throws {InputError} if one is missing, unknown, or does not fit
 */
export function feedsOf(
  graph: TypedGraph,
  input: string,
  x: Tensor,
  others: Tensors = new Map(),
): Tensors {
  const names = new Set(graph.inputs.map((i) => i.name));
  const unknown = [...others.keys()].find((name) => !names.has(name) || name === input);
  if (unknown !== undefined)
    throw new InputError(
      `no other input "${unknown}"${didYouMean(unknown, names)}; the model has ${inputNames(graph)}`,
    );
  const batch = graph.facts.get(input)!.shape[0] ?? 1;
  return new Map(
    graph.inputs.map((port) => {
      const { name, fact } = port;
      const value = name === input ? x : others.get(name);
      if (!value) throw missingValue(port, input);
      const isBatch = name === input || fact.shape[0] === batch;
      checkInput(name, fact, value, isBatch);
      return [name, isBatch ? forEachSample(name, fact, value, x.dims[0]!) : value];
    }),
  );
}

/** A row for each sample; a single value, or one for the model's fixed batch, is repeated. */
function forEachSample(name: string, { shape }: Fact, value: Tensor, count: number): Tensor {
  const [rows] = value.dims;
  const declared: Dim | undefined = shape[0];
  if (rows === count || (typeof declared === "number" && rows === declared)) return value;
  if (rows === 1) return sliceBatch(value, new Array<number>(count).fill(0));
  throw new InputError(`input "${name}" has ${rows!} rows for ${count} samples`);
}

/** @param isBatch whether its first extent is the number of samples, which may be any */
function checkInput(name: string, fact: Fact, x: Tensor, isBatch: boolean): void {
  const fits =
    x.dims.length === fact.shape.length &&
    x.dims.every((d, i) => {
      const declared = fact.shape[i];
      return (i === 0 && isBatch) || typeof declared === "string" || declared === d;
    });
  if (!fits || x.dims[0] === 0) {
    throw new InputError(
      `input "${name}" takes [${fact.shape.join(",")}], not [${x.dims.join(",")}]`,
    );
  }
  if (x.dtype !== fact.dtype) {
    throw new InputError(`input "${name}" takes ${fact.dtype}, not ${x.dtype}`);
  }
}
