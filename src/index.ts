/**
 * Explains CNNs exported from PyTorch to ONNX with full-gradients (Srinivas & Fleuret, NeurIPS 2019).
 *
 * @module
 */
export { load } from "./load.js";
export { Model } from "./model.js";
export type {
  CompleteExplanation,
  Explanation,
  ExplainOptions,
  Feeds,
  LoadOptions,
  RunOptions,
  TargetOptions,
} from "./model-options.js";
export type { ImageAxes } from "./analyzer/image-axes.js";
export type { BiasUnit } from "./analyzer/bias-plan.js";
export type { BiasReport, HoleReport, Inspection, PortReport } from "./analyzer/report.js";
export type { Backend, Executable, Tensors } from "./backends/backend.js";
export { ortBackend, type OrtOptions } from "./backends/ort/ort-backend.js";
export { tfjsBackend, type TfjsOptions } from "./backends/tfjs/tfjs-backend.js";
export type { NodeGap } from "./engine/bisect.js";
export type { DirectionalDerivative, DirectionOptions } from "./engine/directional-derivatives.js";
export type { GradientCheck } from "./engine/gradient-check.js";
export type { NodeJacobian } from "./engine/node-jacobians.js";
export type { LayerMaps } from "./engine/layer-maps.js";
export { mapSimilarity } from "./engine/map-similarity.js";
export { completenessTolerance, isComplete, type Completeness } from "./engine/completeness.js";
export { conventions, type Convention } from "./engine/psi.js";
export type { Method } from "./engine/method.js";
export type { Note, NoteCode, NotedSample } from "./engine/notes.js";
export type { ExplainedSample, SampleResult, TermSum } from "./engine/samples.js";
export type { VerifiedSample } from "./engine/session.js";
export type { Progress } from "./engine/sampler.js";
export type { FullGradientResult } from "./engine/session.js";
export type { Contrast, MaskTarget, PlainTarget, Quantity, Target } from "./engine/target.js";
export * from "./errors.js";
export { evaluationTests } from "./evaluate/all.js";
export { runGroup, type Keeper, type SampleRecord, type TestRun } from "./evaluate/run.js";
export { Scorer, type Network } from "./evaluate/scorer.js";
export { mapsOf, type MapMaker, type Subject } from "./evaluate/subject.js";
export { summarize, type SummaryRow } from "./evaluate/summary.js";
export type { EvaluationTest } from "./evaluate/test.js";
export { decodeImage, encodePng, type DecodeOptions } from "./image/codec.js";
export { colormaps, type ColormapName } from "./image/colormap.js";
export { scaleChoices, type ScaleChoice } from "./image/compared-scales.js";
export type {
  ComparedMap,
  ComparedMethod,
  ComparedRow,
  Comparison,
  LayerPart,
  LayerParts,
} from "./image/comparison.js";
export { layerSheet } from "./image/layer-sheet.js";
export { montage, type MontageOptions } from "./image/montage.js";
export { heatmap, overlay, type HeatmapOptions, type OverlayOptions } from "./image/overlay.js";
export { comparePage, type ComparePageOptions } from "./pages/compare-page.js";
export { parsePreprocessing } from "./image/preprocessing-file.js";
export { presets, viewOf, type Preprocessing } from "./image/preprocess.js";
export type { Raster } from "./image/raster.js";
export { methods, type MethodSettings } from "./methods/all.js";
export type { DType } from "./tensor/dtype.js";
export { decodeNpy, encodeNpy } from "./tensor/npy.js";
export { float32, fromNumbers, tensor, toNumbers, type Tensor } from "./tensor/tensor.js";
