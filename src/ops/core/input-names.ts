/**
 * What ONNX calls the inputs of each operator that has more than one, from its schemas (1.23). "#": never a float, so
 * that no gradient could flow there; "…": any number of them.
 *
 * @see https://onnx.ai/onnx/operators/
 */
const rows: readonly (readonly [inputs: string, operators: string])[] = [
  ["#input", "ConstantOfShape Not BitwiseNot"],
  ["data_0…", "Max Mean Min Sum"],
  ["Inputs…", "Einsum"],
  ["inputs…", "Concat"],
  [
    "data #axes",
    "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Squeeze Unsqueeze",
  ],
  ["A B", "Add Div Equal Greater GreaterOrEqual Less LessOrEqual MatMul Mod Mul Sub"],
  ["#A #B", "And BitwiseAnd BitwiseOr BitwiseXor Or Xor"],
  ["data #indices", "Gather GatherElements GatherND"],
  ["#X #Y", "BitShift"],
  ["X #K", "TopK"],
  ["X Y", "Pow"],
  ["X grid", "GridSample"],
  ["X rois", "MaxRoiPool"],
  ["X scale", "RMSNormalization"],
  ["X slope", "PRelu"],
  ["data #shape", "Reshape"],
  ["input #condition", "Compress"],
  ["input #k", "Trilu"],
  ["input #repeats", "Tile"],
  ["input #sequence_lens", "ReverseSequence"],
  ["input #shape", "Expand"],
  ["input #split", "Split"],
  ["input target_type", "CastLike"],
  ["theta #size", "AffineGrid"],
  ["x #axis", "CumSum"],
  ["X W B", "Conv ConvTranspose"],
  ["input #dft_length #axis", "DFT"],
  ["signal #frame_step window #frame_length", "STFT"],
  ["#size", "BlackmanWindow HammingWindow HannWindow"],
  ["#num_mel_bins #dft_length #sample_rate lower_edge_hertz upper_edge_hertz", "MelWeightMatrix"],
  ["X W R B #sequence_lens initial_h", "GRU RNN"],
  ["input #dft_length #axis", "DFT"],
  ["signal #frame_step window #frame_length", "STFT"],
  ["#size", "BlackmanWindow HammingWindow HannWindow"],
  ["#num_mel_bins #dft_length #sample_rate lower_edge_hertz upper_edge_hertz", "MelWeightMatrix"],
  ["X W R B #sequence_lens initial_h initial_c P", "LSTM"],
  ["data #indices updates", "ScatterElements ScatterND"],
  ["#condition X Y", "Where"],
  ["input #image_shape #block_shape", "Col2Im"],
  ["Q K V attn_mask past_key past_value #nonpad_kv_seqlen", "Attention"],
  ["A B C", "Gemm"],
  ["X Scale B", "LayerNormalization"],
  ["X rois #batch_indices", "RoiAlign"],
  ["X scale bias", "GroupNormalization"],
  ["data ratio #training_mode", "Dropout"],
  ["indices depth values", "OneHot"],
  ["input min max", "Clip"],
  ["input scale B", "InstanceNormalization"],
  ["start limit delta", "Range"],
  ["#x x_scale #x_zero_point", "DequantizeLinear"],
  ["x y_scale #y_zero_point", "QuantizeLinear"],
  ["X roi scales #sizes", "Resize"],
  ["data #pads constant_value #axes", "Pad"],
  ["X W offset B mask", "DeformConv"],
  ["X scale B input_mean input_var", "BatchNormalization"],
  ["boxes scores #max_output_boxes_per_class iou_threshold score_threshold", "NonMaxSuppression"],
  ["data #starts #ends #axes #steps", "Slice"],
];

const names = new Map(
  rows.flatMap(([inputs, operators]) =>
    operators.split(" ").map((op) => [op, inputs.split(" ")] as const),
  ),
);

/** One input of an operator in ONNX's standard. */
export interface NamedInput {
  readonly name: string;
  readonly float: boolean;
  readonly variadic: boolean;
}

/** The inputs of an operator, in order. */
export function namedInputs(op: string): readonly NamedInput[] {
  return (names.get(op) ?? ["X"]).map((word) => ({
    name: word.replace(/[#…]/g, ""),
    float: !word.startsWith("#"),
    variadic: word.endsWith("…"),
  }));
}

/** What ONNX calls input i of an operator; undefined where it has no name of its own. */
export function inputName(op: string, i: number): string | undefined {
  return namedInputs(op)[i]?.name;
}
