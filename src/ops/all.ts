import { affineGrids } from "./resampling/affine-grid.js";
import { arithmetic } from "./elementwise/arithmetic.js";
import { attentions } from "./layers/attention.js";
import { channelNormalizations } from "./normalizations/channel-normalization.js";
import { clip } from "./elementwise/clip.js";
import { columnsToImage } from "./layers/col2im.js";
import { convolution } from "./layers/convolution.js";
import { deformable } from "./layers/deformable.js";
import { einsums } from "./layers/einsum.js";
import { fixedNoise } from "./random/fixed-noise.js";
import { fourierTransforms } from "./signal/fourier.js";
import { gatedRecurrentUnits } from "./recurrent/gru.js";
import { fusedAttentions } from "./fused/fused-attention.js";
import { fusedLayers } from "./fused/fused-layers.js";
import { fusedNormalizations } from "./fused/fused-normalizations.js";
import { gridSampling } from "./resampling/grid-sample.js";
import { indexing } from "./movement/indexing.js";
import { blockProducts } from "./quantized/block-products.js";
import { integerProducts } from "./quantized/integer-products.js";
import { integers } from "./core/integers.js";
import { layerNormalizations } from "./normalizations/layer-normalization.js";
import { linear } from "./layers/linear.js";
import { logic } from "./elementwise/logic.js";
import { longShortTermMemories } from "./recurrent/lstm.js";
import { lpPooling } from "./layers/lp-pooling.js";
import { movement } from "./movement/movement.js";
import { ndIndexing } from "./movement/nd-indexing.js";
import { normalization } from "./normalizations/batch-normalization.js";
import { oldLayers } from "./fused/old-layers.js";
import { pad } from "./movement/padding.js";
import { pixelBlocks } from "./movement/pixel-blocks.js";
import { pooling } from "./layers/pooling.js";
import { pow } from "./elementwise/power.js";
import { quantization } from "./elementwise/quantization.js";
import { plainRecurrences } from "./recurrent/rnn.js";
import { quantizedFunctions } from "./quantized/quantized-functions.js";
import { rectifiers } from "./elementwise/rectifiers.js";
import { reductions } from "./reductions/reductions.js";
import { Registry } from "./core/registry.js";
import { reshapings } from "./movement/reshaping.js";
import { resampling } from "./resampling/resampling.js";
import { roiAligns } from "./resampling/roi-align.js";
import { scattering } from "./movement/scattering.js";
import { selection } from "./elementwise/selection.js";
import { shapeArithmetic } from "./shape/shape-arithmetic.js";
import { smoothActivations } from "./elementwise/smooth-activations.js";
import { softmaxes } from "./normalizations/softmax.js";
import { straightThrough } from "./quantized/straight-through.js";
import { trainedQuantizers } from "./quantized/trained-quantizers.js";
import { trigonometry } from "./elementwise/trigonometry.js";
import { vectorNormalizations } from "./normalizations/vector-normalization.js";
import { windows } from "./signal/windows.js";

/** The rule book: every operator that this library understands. */
export const registry: Registry = Registry.of([
  ...affineGrids,
  ...arithmetic,
  ...attentions,
  ...channelNormalizations,
  clip,
  ...columnsToImage,
  ...convolution,
  ...deformable,
  ...einsums,
  ...fixedNoise,
  ...fourierTransforms,
  ...gatedRecurrentUnits,
  ...fusedAttentions,
  ...fusedLayers,
  ...fusedNormalizations,
  ...gridSampling,
  ...indexing,
  ...integerProducts,
  ...integers,
  ...layerNormalizations,
  ...linear,
  ...logic,
  ...longShortTermMemories,
  ...lpPooling,
  ...movement,
  ...ndIndexing,
  ...normalization,
  ...oldLayers,
  pad,
  ...pixelBlocks,
  ...pooling,
  pow,
  ...quantization,
  ...plainRecurrences,
  ...blockProducts,
  ...quantizedFunctions,
  ...rectifiers,
  ...reductions,
  ...resampling,
  ...reshapings,
  ...roiAligns,
  ...scattering,
  ...selection,
  ...shapeArithmetic,
  ...smoothActivations,
  ...softmaxes,
  ...straightThrough,
  ...trainedQuantizers,
  ...trigonometry,
  ...vectorNormalizations,
  ...windows,
]);
