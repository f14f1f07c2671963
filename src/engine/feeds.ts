import { InputError, TargetError } from "../errors.js";
import type { Tensors } from "../backends/backend.js";
import type { Fact, TypedGraph } from "../onnx/ir.js";
import { int64, type Tensor } from "../tensor/tensor.js";
import { sliceBatch } from "./batches.js";
import { classCount, type Target } from "./target.js";

/** A value for every input of the model, checked. @throws {InputError} */
export function feedsOf(
  graph: TypedGraph,
  input: string,
  x: Tensor,
  others: Tensors = new Map(),
): Tensors {
  const unknown = [...others.keys()].find((name) => !graph.facts.has(name) || name === input);
  if (unknown !== undefined)
    throw new InputError(`no other input "${unknown}"; the model has ${inputNames(graph)}`);
  return new Map(
    graph.inputs.map(({ name, fact }) => {
      const value = name === input ? x : others.get(name);
      if (!value)
        throw new InputError(
          `input "${name}" [${fact.shape.join(",")}] needs a value beside "${input}"`,
        );
      checkInput(name, fact, value);
      return [name, value];
    }),
  );
}

/** The value of the compiled graph's second input: class indices, or the seed. @throws {TargetError} */
export function targetFeed(
  graph: TypedGraph,
  output: string,
  count: number,
  target: Target,
): Tensor {
  if (typeof target === "object" && "seed" in target) {
    const { seed } = target;
    const { shape } = graph.facts.get(output)!;
    const fits =
      seed.dims.slice(1).every((d, i) => shape[i + 1] === d) && seed.dims.length === shape.length;
    if (!fits || (seed.dims[0] !== 1 && seed.dims[0] !== count)) {
      throw new TargetError(
        `a seed [${seed.dims.join(",")}] does not fit output [${shape.join(",")}]`,
      );
    }
    return seed.dims[0] === count ? seed : sliceBatch(seed, new Array<number>(count).fill(0));
  }
  return int64(targetIndices(target, count, () => classCount(graph, output)));
}

function targetIndices(
  target: Exclude<Target, { seed: Tensor }>,
  count: number,
  classes: () => number,
): readonly number[] {
  if (target === "top") return [];
  const indices = typeof target === "number" ? new Array<number>(count).fill(target) : target;
  if (indices.length !== count) {
    throw new TargetError(`${indices.length} targets for ${count} samples`);
  }
  const limit = classes();
  const bad = indices.find((i) => !Number.isInteger(i) || i < 0 || i >= limit);
  if (bad !== undefined) {
    throw new TargetError(`class ${bad} does not exist: the model has classes 0 to ${limit - 1}`);
  }
  return indices;
}

function inputNames(graph: TypedGraph): string {
  return graph.inputs.map((i) => `"${i.name}"`).join(", ");
}

/** The input that is explained. @throws {InputError} where it is not there, or not clear */
export function chooseInput(graph: TypedGraph, wanted: string | undefined): string {
  const names = graph.inputs.map((i) => i.name);
  if (wanted !== undefined) {
    if (!names.includes(wanted)) {
      throw new InputError(`no input "${wanted}"; the model has ${inputNames(graph)}`);
    }
    return wanted;
  }
  const images = graph.inputs.filter((i) => i.fact.shape.length === 4).map((i) => i.name);
  const candidates = names.length === 1 ? names : images;
  if (candidates.length !== 1) {
    throw new InputError(
      `the model has ${names.length} inputs (${inputNames(graph)}); say which one is to be explained`,
    );
  }
  return candidates[0]!;
}

/**
 * The value that is decomposed: an output by name, the first one, or, as "logits", what goes into the Softmax or Sigmoid
 * that makes the first one.
 *
 * @throws {TargetError} where it is not there
 */
export function chooseOutput(graph: TypedGraph, wanted: string | undefined): string {
  const names = graph.outputs.map((o) => o.name);
  const chosen = wanted ?? names[0];
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  if (wanted === "logits") {
    const last = graph.nodes.find((n) => n.outputs[0] === names[0]);
    if (last && squashing.has(last.op)) return last.inputs[0]!;
  }
  const listed = names.map((n) => `"${n}"`).join(", ");
  throw new TargetError(`no output "${chosen ?? ""}"; the model has ${listed || "none"}`);
}

const squashing: ReadonlySet<string> = new Set(["Softmax", "LogSoftmax", "Sigmoid"]);

function checkInput(name: string, fact: Fact, x: Tensor): void {
  const fits =
    x.dims.length === fact.shape.length &&
    x.dims.every((d, i) => i === 0 || typeof fact.shape[i] === "string" || fact.shape[i] === d);
  if (!fits || x.dims[0] === 0) {
    throw new InputError(
      `input "${name}" takes [${fact.shape.join(",")}], not [${x.dims.join(",")}]`,
    );
  }
  if (x.dtype !== fact.dtype) {
    throw new InputError(`input "${name}" takes ${fact.dtype}, not ${x.dtype}`);
  }
}
