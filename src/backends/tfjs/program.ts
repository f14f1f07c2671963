/**
 * The compiled form of a graph for tfjs: a list of TensorFlow operators over numeric tensors of static shape. It is
 * run by an executor, or converted to a TensorFlow graph.
 *
 * @module
 */
import type { DType } from "../../tensor/dtype.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Layout } from "./layout.js";

/** Element types used in programs. Booleans are float32 masks of 0 and 1; all integer types are int32. */
export type ElementType = "float32" | "int32";

/** Identifies a value within its program. */
export type ValueId = number;

export interface ProgramValue {
  /** Name of the originating node; unique within the program. */
  readonly name: string;
  readonly type: ElementType;
  /** Shape in memory order. */
  readonly shape: readonly number[];
}

type Pair = readonly [number, number];
/** No attributes. */
type None = Readonly<Record<string, never>>;

interface Window {
  readonly ksize: Pair;
  readonly strides: Pair;
}

interface Axes {
  readonly axis: readonly number[];
  readonly keepDims: boolean;
}

/** Elementwise operators of one tensor without attributes. */
export const unaryOperators = [
  "Abs",
  "Acos",
  "Acosh",
  "Asin",
  "Asinh",
  "Atan",
  "Atanh",
  "Ceil",
  "Cos",
  "Cosh",
  "Erf",
  "Exp",
  "Expm1",
  "Floor",
  "IsInf",
  "IsNan",
  "Log",
  "Log1p",
  "Neg",
  "Reciprocal",
  "Relu",
  "Round",
  "Rsqrt",
  "Sigmoid",
  "Sign",
  "Sin",
  "Sinh",
  "Softplus",
  "Sqrt",
  "Square",
  "Step",
  "Tan",
  "Tanh",
] as const;
export type UnaryOperator = (typeof unaryOperators)[number];

/** Elementwise operators of two tensors, with broadcasting. Comparisons return float32 masks. */
export const binaryOperators = [
  "AddV2",
  "Equal",
  "FloorDiv",
  "FloorMod",
  "Greater",
  "GreaterEqual",
  "Maximum",
  "Minimum",
  "Mul",
  "Pow",
  "RealDiv",
  "Sub",
] as const;
export type BinaryOperator = (typeof binaryOperators)[number];

export const reductionOperators = ["Max", "Mean", "Min", "Prod", "Sum"] as const;
export type ReductionOperator = (typeof reductionOperators)[number];

/**
 * The operators of programs, by their TensorFlow names, and their attributes. Images are NHWC, kernels HWIO. All
 * windows use "valid" padding; padding is a separate step.
 *
 * Differences from TensorFlow: Step (1 where x > 0, else 0) is an addition; Equal, Greater, GreaterEqual, IsInf and
 * IsNan return float32 masks (in TensorFlow: a Cast of their booleans), and SelectV2's condition is such a mask.
 */
export type StepAttributes = Readonly<Record<UnaryOperator | BinaryOperator, None>> &
  Readonly<Record<ReductionOperator, Axes>> & {
    readonly ArgMax: { readonly axis: number };
    readonly ArgMin: { readonly axis: number };
    readonly AvgPool: Window;
    /** Product of [..., r, k] and [..., k, c]; adjoint operands are stored as [..., k, r] and [..., c, k]. */
    readonly BatchMatMulV2: { readonly adjX: boolean; readonly adjY: boolean };
    readonly Cast: { readonly type: ElementType };
    readonly ClipByValue: { readonly min: number; readonly max: number };
    readonly ConcatV2: { readonly axis: number };
    readonly Conv2D: { readonly strides: Pair; readonly dilations: Pair };
    readonly Cumsum: {
      readonly axis: number;
      readonly exclusive: boolean;
      readonly reverse: boolean;
    };
    readonly DepthwiseConv2dNative: { readonly strides: Pair; readonly dilations: Pair };
    readonly Elu: None;
    readonly Fill: {
      readonly shape: readonly number[];
      readonly value: number;
      readonly type: ElementType;
    };
    /** Elements of x along an axis; the indices are 1-D. */
    readonly GatherV2: { readonly axis: number };
    readonly LeakyRelu: { readonly alpha: number };
    readonly MaxPool: Window;
    readonly PadV2: { readonly paddings: readonly Pair[]; readonly value: number };
    readonly Reshape: { readonly shape: readonly number[] };
    readonly ReverseV2: { readonly axis: readonly number[] };
    /** Inputs: indices [n, d], updates. Updates with equal indices are summed. */
    readonly ScatterNd: { readonly shape: readonly number[] };
    /** mask ≠ 0 ? a : b, all of equal shape. */
    readonly SelectV2: None;
    readonly Slice: { readonly begin: readonly number[]; readonly size: readonly number[] };
    /** Along the last axis. */
    readonly Softmax: None;
    /** Inputs: tensor, indices [n, d], updates. */
    readonly TensorScatterUpdate: None;
    readonly Tile: { readonly multiples: readonly number[] };
    /** Along the last axis. Outputs: values, indices. */
    readonly TopKV2: { readonly k: number };
    readonly Transpose: { readonly perm: readonly number[] };
  };

export type StepOperator = keyof StepAttributes;

/** One operator application. */
export type Step<O extends StepOperator = StepOperator> = {
  readonly [K in O]: {
    readonly op: K;
    readonly inputs: readonly ValueId[];
    readonly outputs: readonly ValueId[];
    readonly attributes: StepAttributes[K];
  };
}[O];

/** An input or output of the graph. */
export interface ProgramPort {
  /** Name in the graph. */
  readonly name: string;
  readonly value: ValueId;
  /** Dtype in the graph. */
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Memory order. */
  readonly layout: Layout;
}

export interface Program {
  readonly values: readonly ProgramValue[];
  /** Weights and other constants, float32 or int32. */
  readonly constants: ReadonlyMap<ValueId, Tensor>;
  readonly inputs: readonly ProgramPort[];
  readonly outputs: readonly ProgramPort[];
  /** In topological order. */
  readonly steps: readonly Step[];
}
