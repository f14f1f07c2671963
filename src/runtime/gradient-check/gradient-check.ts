import type { Probability } from "../../ops/core/role.js";
import type { Executable } from "../../backends/backend.js";
import type { DType } from "../../tensor/dtype.js";
import { isFloat } from "../../tensor/dtype.js";
import { fromNumbers, toNumbers, type Tensor, type Tensors } from "../../tensor/tensor.js";
import { sliceBatch } from "../../tensor/batches.js";
import {
  compareDirections,
  type DirectionOptions,
  type DirectionalDerivative,
  type Probe,
} from "./directional-derivatives.js";
import type { ScoreReader } from "./read-score.js";

/** The original model, against which a gradient is checked. */
export interface Reference {
  /** Description for reports: "the model's file on ort". */
  readonly what: string;
  readonly executable: Executable;
  /** Converts an image [N,C,…spatial] to its input. */
  readonly ownForm: (image: Tensor) => Tensor;
  /** Element types of its inputs. */
  readonly inputs: ReadonlyMap<string, DType>;
  /** Element type of the output. */
  readonly output: DType;
  /** The batch size, if the file fixes it; else 1. */
  readonly rows: number;
  /** Inputs with a row for each sample. */
  readonly batched: ReadonlySet<string>;
  /** The Softmax, LogSoftmax or Sigmoid that computes the output, if any. */
  readonly squashed?: Probability | undefined;
}

/** Directional derivatives of one sample's score from the decomposition's gradient, and central differences of the model. */
export interface GradientCheck {
  /** The model that was differenced, in words. */
  readonly reference: string;
  readonly directions: readonly DirectionalDerivative[];
  readonly agree: number;
  readonly disagree: number;
  readonly inconclusive: number;
}

/** One sample, and its gradient. */
export interface CheckedSample {
  readonly input: string;
  readonly output: string;
  /** [1,…] */
  readonly x: Tensor;
  /** ∇ₓf, [1,…] */
  readonly gradient: Tensor;
  /** Values of the other inputs: one row, or one value for all. */
  readonly others: Tensors;
  readonly read: ScoreReader;
}

/** Compares ⟨∇ₓf, v⟩ with central differences of the reference along random directions. */
export async function checkGradient(
  reference: Reference,
  sample: CheckedSample,
  options: DirectionOptions,
): Promise<GradientCheck> {
  const { input, x, gradient } = sample;
  const dtype = reference.inputs.get(input) ?? x.dtype;
  const tensorOf = (point: Float64Array): Tensor => fromNumbers(dtype, x.dims, point);
  const epsilon = Math.max(epsilonOf(dtype), epsilonOf(reference.output));
  const probe: Probe = {
    x: toNumbers(x),
    gradient: toNumbers(gradient),
    epsilon,
    // ONNX Runtime's Sigmoid is a rational approximation on [-18, 18]: beyond, it is constant.
    resolution: reference.squashed === "sigmoid" ? epsilon : 0,
    whole: bounds(dtype),
    round: (point) => {
      point.set(toNumbers(tensorOf(point)));
    },
    evaluate: async (points) => {
      const scores: number[] = [];
      for (const point of points) scores.push(await scoreAt(reference, sample, tensorOf(point)));
      return scores;
    },
  };
  const directions = await compareDirections(probe, options);
  const count = (verdict: DirectionalDerivative["verdict"]): number =>
    directions.filter((d) => d.verdict === verdict).length;
  return {
    reference: reference.what,
    directions,
    agree: count("agrees"),
    disagree: count("disagrees"),
    inconclusive: count("inconclusive"),
  };
}

async function scoreAt(
  { executable, ownForm, inputs, rows, batched }: Reference,
  { input, output, others, read }: CheckedSample,
  x: Tensor,
): Promise<number> {
  const feeds = [...others, [input, x] as const].flatMap(([name, value]) => {
    const dtype = inputs.get(name);
    if (dtype === undefined) return [];
    const typed = value.dtype === dtype ? value : fromNumbers(dtype, value.dims, toNumbers(value));
    const isRow = batched.has(name) && typed.dims[0] === 1;
    const all = isRow ? sliceBatch(typed, new Array<number>(rows).fill(0)) : typed;
    return [[name, name === input ? ownForm(all) : all] as const];
  });
  const results = await executable.run(new Map(feeds));
  const numbers = toNumbers(results.get(output)!);
  return read(Array.from({ length: numbers.length / rows }, (_, i) => numbers[i]!));
}

/** Half the spacing of a float type at 1. */
function epsilonOf(dtype: DType): number {
  const digits: Partial<Record<DType, number>> = { float32: 24, float16: 11, bfloat16: 8 };
  return 2 ** -(digits[dtype] ?? 53);
}

/** The range of an integer type. */
function bounds(dtype: DType): Probe["whole"] {
  if (isFloat(dtype)) return undefined;
  const bits = Number(/\d+$/.exec(dtype)?.[0] ?? 1);
  const isSigned = dtype.startsWith("int");
  const most = 2 ** (isSigned ? bits - 1 : bits) - 1;
  return { least: isSigned ? -most - 1 : 0, most };
}
