/**
 * Input names of every operator with more than one input: ai.onnx's from its schemas (1.23), com.microsoft's from ONNX
 * Runtime. "#" marks inputs through which no gradient flows: integers, booleans, and constants that belong to integers.
 * "…" stands for any number of inputs.
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
  ["X #rois #batch_indices", "RoiAlign"],
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
  ["X W B Z", "com.microsoft:FusedConv com.microsoft:NhwcConv com.microsoft:NhwcFusedConv"],
  ["A B C", "com.microsoft:FusedGemm"],
  ["A B", "com.microsoft:FusedMatMul com.microsoft:TransposeMatMul com.microsoft:BiasGelu"],
  ["X bias", "com.microsoft:FastGelu"],
  ["X bias skip", "com.microsoft:BiasAdd"],
  ["input skip gamma beta bias", "com.microsoft:SkipLayerNormalization"],
  ["input skip gamma bias", "com.microsoft:SkipSimplifiedLayerNormalization"],
  ["X scale", "SimplifiedLayerNormalization"],
  [
    "#input_ids #segment_ids word_embedding position_embedding segment_embedding gamma beta #mask #position_ids",
    "com.microsoft:EmbedLayerNormalization",
  ],
  [
    "input weights bias #mask_index past attention_bias #past_sequence_length",
    "com.microsoft:Attention",
  ],
  [
    "query key value bias #key_padding_mask attention_bias past_key past_value #past_sequence_length #cache_indirection",
    "com.microsoft:MultiHeadAttention",
  ],
  ["#x #w #x_zero_point #w_zero_point", "ConvInteger"],
  ["#A #B #a_zero_point #b_zero_point", "MatMulInteger"],
  ["A #B scales #zero_points #g_idx bias", "com.microsoft:MatMulNBits"],
  [
    "#x #x_scale #x_zero_point #w #w_scale #w_zero_point #y_scale #y_zero_point #B",
    "QLinearConv com.microsoft:QLinearConv",
  ],
  [
    "#a #a_scale #a_zero_point #b #b_scale #b_zero_point #y_scale #y_zero_point",
    "QLinearMatMul com.microsoft:QLinearAdd com.microsoft:QLinearMul",
  ],
  [
    "#A #a_scale #a_zero_point #B #b_scale #b_zero_point #C #y_scale #y_zero_point",
    "com.microsoft:QGemm",
  ],
  [
    "#A #B #a_scale #b_scale #a_zero_point #b_zero_point #bias",
    "com.microsoft:MatMulIntegerToFloat",
  ],
  [
    "#X #x_scale #x_zero_point #y_scale #y_zero_point",
    "com.microsoft:QLinearSigmoid com.microsoft:QLinearLeakyRelu com.microsoft:QLinearSoftmax com.microsoft:QLinearGlobalAveragePool com.microsoft:QLinearAveragePool com.microsoft:QLinearReduceMean",
  ],
  ["#Y_scale #Y_zero_point #inputs…", "com.microsoft:QLinearConcat"],
  ["A #B #b_scale #b_zero_point #bias", "com.microsoft:DynamicQuantizeMatMul"],
  [
    "#condition #X #x_scale #x_zero_point #Y #y_scale #y_zero_point #z_scale #z_zero_point",
    "com.microsoft:QLinearWhere",
  ],
  ["#x x_scale #x_zero_point", "com.microsoft:DequantizeLinear"],
  ["x y_scale #y_zero_point", "com.microsoft:QuantizeLinear"],
  ["data #pads value", "com.microsoft:Pad"],
  ["X #k", "com.microsoft:Trilu"],
  ["data #indices", "com.microsoft:GatherND"],
  ["X #axis", "com.microsoft:ExpandDims"],
  [
    "X scale zeropt #bitwidth",
    "onnx.brevitas:Quant qonnx.custom_op.general:Quant finn.custom_op.general:Quant",
  ],
  [
    "X scale",
    "onnx.brevitas:BipolarQuant qonnx.custom_op.general:BipolarQuant finn.custom_op.general:BipolarQuant",
  ],
  ["input min max", "straight-through:Clip"],
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

/** The names of an operator's inputs, in order. */
export function namedInputs(op: string): readonly NamedInput[] {
  return (names.get(op) ?? ["X"]).map((word) => ({
    name: word.replace(/[#…]/g, ""),
    float: !word.startsWith("#"),
    variadic: word.endsWith("…"),
  }));
}

/** The standard's name of input i; undefined if it has none. */
export function inputName(op: string, i: number): string | undefined {
  return namedInputs(op)[i]?.name;
}
