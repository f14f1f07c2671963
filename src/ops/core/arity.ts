import type { Node } from "../../onnx/ir.js";

/**
 * How many inputs each operator takes, from ONNX's own schemas (1.23, the widest range over operator sets 18 to 26), so
 * that no record has to ask whether its inputs are there.
 *
 * @see https://onnx.ai/onnx/operators/
 */
const rows: readonly (readonly [least: number, most: number, operators: string])[] = [
  [0, 0, "Constant"],
  [
    1,
    1,
    "Relu LeakyRelu Sigmoid Tanh HardSigmoid HardSwish Swish Shrink Erf Gelu Softplus Softsign Mish Elu Selu Celu " +
      "ThresholdedRelu Neg Abs Sqrt Exp Log Reciprocal Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Floor " +
      "Ceil Round Sign BitwiseNot Not IsNaN IsInf LpPool GlobalLpPool MaxPool AveragePool GlobalAveragePool " +
      "GlobalMaxPool Flatten Transpose DepthToSpace SpaceToDepth DynamicQuantizeLinear NonZero Multinomial Unique " +
      "Shape Size ConstantOfShape Cast Identity EyeLike ArgMax ArgMin Softmax LogSoftmax Hardmax LpNormalization " +
      "MeanVarianceNormalization LRN",
  ],
  [
    1,
    2,
    "Squeeze Split Trilu ReduceSum ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum " +
      "ReduceLogSumExp ReduceProd",
  ],
  [1, 3, "Clip Dropout"],
  [1, 4, "Resize"],
  [1, Infinity, "Max Min Sum Mean Einsum Concat"],
  [
    2,
    2,
    "PRelu Add Sub Mul Div Pow GridSample Gather GatherElements Mod BitShift BitwiseAnd BitwiseOr BitwiseXor " +
      "RMSNormalization MatMul Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Reshape Unsqueeze Expand Tile " +
      "GatherND TopK CumSum ReverseSequence MaxRoiPool Compress AffineGrid CastLike",
  ],
  [2, 3, "Conv ConvTranspose LayerNormalization Gemm QuantizeLinear DequantizeLinear"],
  [2, 4, "Pad"],
  [2, 5, "NonMaxSuppression"],
  [
    3,
    3,
    "InstanceNormalization GroupNormalization ScatterElements OneHot Where ScatterND RoiAlign Range",
  ],
  [3, 5, "Slice DeformConv"],
  [5, 5, "BatchNormalization"],
];

const arities = new Map(
  rows.flatMap(([least, most, operators]) =>
    operators.split(" ").map((op) => [op, { least, most }] as const),
  ),
);

/** What is wrong with the number of a node's inputs; undefined where nothing is, or the operator is not in the table. */
export function arityProblem(node: Node): string | undefined {
  const arity = node.domain === "" ? arities.get(node.op) : undefined;
  if (!arity) return undefined;
  const { least, most } = arity;
  const { inputs } = node;
  // A variadic operator's inputs are all needed.
  const needed = inputs.slice(0, most === Infinity ? undefined : least);
  if (inputs.length >= least && inputs.length <= most && !needed.includes("")) return undefined;
  const range =
    least === most ? `${least}` : `${least} to ${most === Infinity ? "any number" : most}`;
  return `it takes ${range} inputs, not (${inputs.map((name) => `"${name}"`).join(", ")})`;
}
