import type { Tf, TfTensor } from "../engine.js";
import { wasmProduct } from "./wasm-product.js";
import { webglProduct } from "./webgl-product.js";
import type { Step, StepAttributes, StepOperator } from "../program.js";

type Kernel<O extends StepOperator> = (
  tf: Tf,
  inputs: readonly TfTensor[],
  attributes: StepAttributes[O],
) => TfTensor | TfTensor[];

type Kernels = { readonly [O in StepOperator]: Kernel<O> };

type Unary = (tf: Tf) => (x: TfTensor) => TfTensor;
type Binary = (tf: Tf) => (a: TfTensor, b: TfTensor) => TfTensor;

const unary =
  (f: Unary) =>
  (tf: Tf, [x]: readonly TfTensor[]): TfTensor =>
    f(tf)(x!);

const binary =
  (f: Binary) =>
  (tf: Tf, [a, b]: readonly TfTensor[]): TfTensor =>
    f(tf)(a!, b!);

/** Converts tfjs' boolean results to float32 masks. */
const masked =
  (kernel: (tf: Tf, inputs: readonly TfTensor[]) => TfTensor) =>
  (tf: Tf, inputs: readonly TfTensor[]): TfTensor =>
    tf.tidy(() => tf.cast(kernel(tf, inputs), "float32"));

type KernelReduction = (tf: Tf) => (x: TfTensor, axis: number[], keepDims: boolean) => TfTensor;

const reduction =
  (f: KernelReduction) =>
  (tf: Tf, [x]: readonly TfTensor[], { axis, keepDims }: StepAttributes["Sum"]): TfTensor =>
    f(tf)(x!, [...axis], keepDims);

type KernelImage = import("@tensorflow/tfjs").Tensor4D;

/** The tfjs implementation of each operator. */
const kernels: Kernels = {
  Abs: unary((tf) => tf.abs),
  Acos: unary((tf) => tf.acos),
  Acosh: unary((tf) => tf.acosh),
  Asin: unary((tf) => tf.asin),
  Asinh: unary((tf) => tf.asinh),
  Atan: unary((tf) => tf.atan),
  Atanh: unary((tf) => tf.atanh),
  Ceil: unary((tf) => tf.ceil),
  Cos: unary((tf) => tf.cos),
  Cosh: unary((tf) => tf.cosh),
  Elu: unary((tf) => tf.elu),
  Erf: unary((tf) => tf.erf),
  Exp: unary((tf) => tf.exp),
  Expm1: unary((tf) => tf.expm1),
  Floor: unary((tf) => tf.floor),
  Log: unary((tf) => tf.log),
  Log1p: unary((tf) => tf.log1p),
  Neg: unary((tf) => tf.neg),
  Reciprocal: unary((tf) => tf.reciprocal),
  Relu: unary((tf) => tf.relu),
  Round: unary((tf) => tf.round),
  Rsqrt: unary((tf) => tf.rsqrt),
  Sigmoid: unary((tf) => tf.sigmoid),
  Sign: unary((tf) => tf.sign),
  Sin: unary((tf) => tf.sin),
  Sinh: unary((tf) => tf.sinh),
  Softplus: unary((tf) => tf.softplus),
  Sqrt: unary((tf) => tf.sqrt),
  Square: unary((tf) => tf.square),
  Step: unary((tf) => tf.step),
  Tan: unary((tf) => tf.tan),
  Tanh: unary((tf) => tf.tanh),
  Softmax: unary((tf) => tf.softmax),
  IsInf: masked(unary((tf) => tf.isInf)),
  IsNan: masked(unary((tf) => tf.isNaN)),

  AddV2: binary((tf) => tf.add),
  FloorDiv: binary((tf) => tf.floorDiv),
  FloorMod: binary((tf) => tf.mod),
  Maximum: binary((tf) => tf.maximum),
  Minimum: binary((tf) => tf.minimum),
  Mul: binary((tf) => tf.mul),
  Pow: binary((tf) => tf.pow),
  RealDiv: binary((tf) => tf.div),
  Sub: binary((tf) => tf.sub),
  Equal: masked(binary((tf) => tf.equal)),
  Greater: masked(binary((tf) => tf.greater)),
  GreaterEqual: masked(binary((tf) => tf.greaterEqual)),

  Max: reduction((tf) => tf.max),
  Mean: reduction((tf) => tf.mean),
  Min: reduction((tf) => tf.min),
  Prod: reduction((tf) => tf.prod),
  Sum: reduction((tf) => tf.sum),
  ArgMax: (tf, [x], { axis }) => tf.argMax(x!, axis),
  ArgMin: (tf, [x], { axis }) => tf.argMin(x!, axis),
  Cumsum: (tf, [x], { axis, exclusive, reverse }) => tf.cumsum(x!, axis, exclusive, reverse),
  TopKV2: (tf, [x], { k }) => {
    const { values, indices } = tf.topk(x!, k, true);
    return [values, indices];
  },

  Conv2D: (tf, [x, filter], { strides, dilations }) =>
    tf.conv2d(x as KernelImage, filter as KernelImage, [...strides], "valid", "NHWC", [
      ...dilations,
    ]),
  DepthwiseConv2dNative: (tf, [x, filter], { strides, dilations }) =>
    tf.depthwiseConv2d(x as KernelImage, filter as KernelImage, [...strides], "valid", "NHWC", [
      ...dilations,
    ]),
  MaxPool: (tf, [x], { ksize, strides }) =>
    tf.maxPool(x as KernelImage, [...ksize], [...strides], "valid"),
  AvgPool: (tf, [x], { ksize, strides }) =>
    tf.avgPool(x as KernelImage, [...ksize], [...strides], "valid"),
  BatchMatMulV2: (tf, inputs, { adjX, adjY }) => {
    switch (tf.getBackend()) {
      case "wasm":
        return wasmProduct(tf, inputs, adjX, adjY);
      case "webgl":
        return webglProduct(tf, inputs, adjX, adjY);
      default:
        return tf.matMul(inputs[0]!, inputs[1]!, adjX, adjY);
    }
  },

  Cast: (tf, [x], { type }) => tf.cast(x!, type),
  ClipByValue: (tf, [x], { min, max }) => tf.clipByValue(x!, min, max),
  LeakyRelu: (tf, [x], { alpha }) => tf.leakyRelu(x!, alpha),
  SelectV2: (tf, [mask, a, b]) => tf.tidy(() => tf.where(tf.cast(mask!, "bool"), a!, b!)),

  Fill: (tf, _, { shape, value, type }) => tf.fill([...shape], value, type),
  Reshape: (tf, [x], { shape }) => tf.reshape(x!, [...shape]),
  Transpose: (tf, [x], { perm }) => tf.transpose(x!, [...perm]),
  ReverseV2: (tf, [x], { axis }) => tf.reverse(x!, [...axis]),
  Slice: (tf, [x], { begin, size }) => tf.slice(x!, [...begin], [...size]),
  PadV2: (tf, [x], { paddings, value }) =>
    tf.pad(
      x!,
      paddings.map(([p, q]) => [p, q]),
      value,
    ),
  ConcatV2: (tf, inputs, { axis }) => tf.concat([...inputs], axis),
  Tile: (tf, [x], { multiples }) => tf.tile(x!, [...multiples]),
  GatherV2: (tf, [x, indices], { axis }) => tf.gather(x!, indices!, axis),
  ScatterNd: (tf, [indices, updates], { shape }) =>
    tf.scatterND(indices!, updates!, [...shape] as [number]),
  // The kernel of the cpu back end (tfjs 4.22) modifies its input, so it gets a copy.
  TensorScatterUpdate: (tf, [x, indices, updates]) =>
    tf.tidy(() => {
      const own = tf.getBackend() === "cpu" ? tf.add(x!, tf.zerosLike(x!)) : x!;
      return tf.tensorScatterUpdate(own, indices!, updates!);
    }),
};

/** Computes one step. */
export function compute(tf: Tf, step: Step, inputs: readonly TfTensor[]): readonly TfTensor[] {
  const kernel = kernels[step.op] as Kernel<StepOperator>;
  const result = kernel(tf, inputs, step.attributes);
  return Array.isArray(result) ? result : [result];
}
