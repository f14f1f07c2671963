import { activations } from "./activations.js";
import { arithmetic } from "./arithmetic.js";
import type { Row } from "./case.js";
import { attentions } from "./attention.js";
import { fused } from "./fused.js";
import { quantized } from "./quantized.js";
import { columnsToImage } from "./col2im.js";
import { convolution } from "./convolution.js";
import { indexing } from "./indexing.js";
import { linear } from "./linear.js";
import { movement } from "./movement.js";
import { normalizations } from "./normalizations.js";
import { pooling } from "./pooling.js";
import { recurrences } from "./recurrent.js";
import { reductions } from "./reductions.js";
import { resampling } from "./resampling.js";
import { signals } from "./signal.js";
import { selection } from "./selection.js";

/** Every operator that has a gradient, with the geometry it is tested over. A new operator is a new row. */
export const rows: readonly Row[] = [
  ...activations,
  ...arithmetic,
  ...attentions,
  ...columnsToImage,
  ...convolution,
  ...fused,
  ...indexing,
  ...linear,
  ...movement,
  ...normalizations,
  ...pooling,
  ...recurrences,
  ...quantized,
  ...reductions,
  ...resampling,
  ...selection,
  ...signals,
];

/** Differentiable operators that no row can serve, and why. */
export const withoutRow: Readonly<Record<string, string>> = {
  QuantizeLinear: "rounds: its straight-through gradient is not the slope of what it computes",
  ...Object.fromEntries(
    ["Bernoulli", "Multinomial"].map((op) => [op, "draws: what it makes is a step function"]),
  ),
  ...Object.fromEntries(
    ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"].map((op) => [
      op,
      "makes numbers that depend on no element of its input",
    ]),
  ),
  DynamicQuantizeLinear: "rounds",
  "com.microsoft:DynamicQuantizeMatMul": "rounds",
  "com.microsoft:QuantizeLinear": "the standard's QuantizeLinear",
  "com.microsoft:DequantizeLinear": "the standard's DequantizeLinear",
  "straight-through:Round": "rounds",
  "straight-through:Clip": "its gradient at the bounds is not a slope",
  "straight-through:Sign": "a step",
  "straight-through:Cast": "rounds",
  "com.microsoft:BiasAdd": "two sums",
  ...Object.fromEntries(
    ["onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general"].flatMap((domain) =>
      ["Quant", "BipolarQuant"].map((op) => [`${domain}:${op}`, "rounds"]),
    ),
  ),
  "com.microsoft:QLinearWhere": "a choice between two dequantized values",
  "com.microsoft:Pad": "the standard's Pad",
  "com.microsoft:Trilu": "the standard's Trilu",
  "com.microsoft:GatherND": "the standard's GatherND",
  "com.microsoft:ExpandDims": "the standard's Unsqueeze",
  "com.microsoft:NhwcMaxPool": "the standard's MaxPool between two Transposes",
};
