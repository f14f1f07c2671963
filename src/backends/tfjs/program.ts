/**
 * What a graph becomes for tfjs: a list of TensorFlow operators over tensors of fixed shapes, numbers only. An executor
 * runs it; a converter can write it as a TensorFlow graph.
 *
 * @module
 */
import type { DType } from "../../tensor/dtype.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Layout } from "./layout.js";

/** Element types of tfjs that programs use. Booleans are float32 masks of 0 and 1; every integer type is int32. */
export type ElementType = "float32" | "int32";

/** Number of a value within its program. */
export type ValueId = number;

export interface ProgramValue {
  /** Where it comes from; unique in its program. */
  readonly name: string;
  readonly type: ElementType;
  /** As it lies in memory. */
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

/** Operators of one tensor without attributes, element by element. */
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

/** Operators of two tensors, element by element, with broadcasting. Comparisons give masks of float32. */
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
 * The vocabulary, by TensorFlow's names, and what each word needs to know. Images are NHWC, kernels HWIO; nothing pads
 * by itself ("valid"): padding is a step of its own.
 *
 * Not TensorFlow's: Step (1 where x > 0, else 0), and the dtype of Equal, Greater, GreaterEqual, IsInf and IsNan, which
 * is float32 here (TensorFlow: Cast of their booleans); SelectV2's condition is such a mask too.
 */
export type StepAttributes = Readonly<Record<UnaryOperator | BinaryOperator, None>> &
  Readonly<Record<ReductionOperator, Axes>> & {
    readonly ArgMax: { readonly axis: number };
    readonly ArgMin: { readonly axis: number };
    readonly AvgPool: Window;
    /** Of [..., r, k] by [..., k, c]; adjoint operands are given as [..., k, r] and [..., c, k]. */
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
    /** Elements of x along an axis at indices of one dimension. */
    readonly GatherV2: { readonly axis: number };
    readonly LeakyRelu: { readonly alpha: number };
    readonly MaxPool: Window;
    readonly PadV2: { readonly paddings: readonly Pair[]; readonly value: number };
    readonly Reshape: { readonly shape: readonly number[] };
    readonly ReverseV2: { readonly axis: readonly number[] };
    /** Inputs: indices [n, d], updates. Updates of one place are added. */
    readonly ScatterNd: { readonly shape: readonly number[] };
    /** mask ≠ 0 ? a : b, of one shape. */
    readonly SelectV2: None;
    readonly Slice: { readonly begin: readonly number[]; readonly size: readonly number[] };
    /** Over the last axis. */
    readonly Softmax: None;
    /** Inputs: tensor, indices [n, d], updates. */
    readonly TensorScatterUpdate: None;
    readonly Tile: { readonly multiples: readonly number[] };
    /** Of the last axis: values, indices. */
    readonly TopKV2: { readonly k: number };
    readonly Transpose: { readonly perm: readonly number[] };
  };

export type StepOperator = keyof StepAttributes;

/** One operator applied. */
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
  /** The graph's name for it. */
  readonly name: string;
  readonly value: ValueId;
  /** As the graph knows it. */
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** How it lies in memory. */
  readonly layout: Layout;
}

export interface Program {
  readonly values: readonly ProgramValue[];
  /** Weights and other numbers: float32 or int32. */
  readonly constants: ReadonlyMap<ValueId, Tensor>;
  readonly inputs: readonly ProgramPort[];
  readonly outputs: readonly ProgramPort[];
  /** In order: a value is written before it is read. */
  readonly steps: readonly Step[];
}
