import { activations } from "./activations.js";
import { arithmetic } from "./arithmetic.js";
import { channelNormalizations } from "./channel-normalization.js";
import { convolution } from "./convolution.js";
import { einsums } from "./einsum.js";
import { gridSampling } from "./grid-sample.js";
import { indexing } from "./indexing.js";
import { integers } from "./integers.js";
import { layerNormalizations } from "./layer-normalization.js";
import { linear } from "./linear.js";
import { logic } from "./logic.js";
import { lpPooling } from "./lp-pooling.js";
import { movement } from "./movement.js";
import { ndIndexing } from "./nd-indexing.js";
import { normalization } from "./normalization.js";
import { pad } from "./padding.js";
import { pixelBlocks } from "./pixel-blocks.js";
import { pooling } from "./pooling.js";
import { pow } from "./power.js";
import { quantization } from "./quantization.js";
import { reductions } from "./reductions.js";
import { Registry } from "./registry.js";
import { resampling } from "./resampling.js";
import { selection } from "./selection.js";
import { shapeArithmetic } from "./shape-arithmetic.js";
import { softmaxes } from "./softmax.js";
import { trigonometry } from "./trigonometry.js";
import { vectorNormalizations } from "./vector-normalization.js";

/** The rule book: every operator that this library understands. */
export const registry: Registry = Registry.of([
  ...activations,
  ...arithmetic,
  ...channelNormalizations,
  ...convolution,
  ...einsums,
  ...gridSampling,
  ...indexing,
  ...integers,
  ...layerNormalizations,
  ...linear,
  ...logic,
  ...lpPooling,
  ...movement,
  ...ndIndexing,
  ...normalization,
  pad,
  ...pixelBlocks,
  ...pooling,
  pow,
  ...quantization,
  ...reductions,
  ...resampling,
  ...selection,
  ...shapeArithmetic,
  ...softmaxes,
  ...trigonometry,
  ...vectorNormalizations,
]);
