/**
 * Explains CNNs exported from PyTorch to ONNX with full-gradients (Srinivas & Fleuret, NeurIPS 2019).
 *
 * @module
 */
export { load } from "./model/load.js";
export { Model } from "./model/model.js";
export type {
  CompleteExplanation,
  Explanation,
  ExplainOptions,
  Feeds,
  LoadOptions,
  RunOptions,
  TargetOptions,
} from "./model/model-options.js";
export type { ImageAxes } from "./analysis/image-axes.js";
export type { BiasUnit } from "./analysis/bias-plan.js";
export type {
  BiasReport,
  UnsupportedNodeReport as HoleReport,
  Inspection,
  PortReport,
} from "./runtime/inspection-report.js";
export type { Backend, Executable } from "./backends/backend.js";
export { ortBackend, type OrtOptions } from "./backends/ort/ort-backend.js";
export { tfjsBackend, type TfjsOptions } from "./backends/tfjs/tfjs-backend.js";
export type { NodeGap } from "./decomposition/bisect.js";
export type {
  DirectionalDerivative,
  DirectionOptions,
} from "./runtime/gradient-check/directional-derivatives.js";
export type { GradientCheck } from "./runtime/gradient-check/gradient-check.js";
export type { NodeJacobian } from "./runtime/gradient-check/node-jacobians.js";
export type { LayerMaps } from "./runtime/layer-maps.js";
export { mapSimilarity } from "./methods/core/map-similarity.js";
export {
  completenessTolerance,
  isComplete,
  type Completeness,
} from "./decomposition/completeness.js";
export { conventions, type Convention } from "./decomposition/psi.js";
export { Region } from "./decomposition/region.js";
export {
  withSettings,
  type ConfiguredMethod,
  type DecomposingMethod,
} from "./methods/core/configured-method.js";
export {
  defineMethod,
  type GraphMethod,
  type Method,
  type MethodNodes,
  type MethodResult,
  type SamplingMethod,
} from "./methods/core/method.js";
export * as settings from "./methods/core/settings.js";
export * from "./methods/values.js";
export type { ModelInput, Picture } from "./model/picture.js";
export type { Note, NoteCode, NotedSample } from "./methods/core/notes.js";
export type { ExplainedSample, SampleResult, TermSum, UnitReport } from "./runtime/samples.js";
export type { VerifiedSample } from "./runtime/session.js";
export type { Progress } from "./methods/core/sampler.js";
export type { FullGradientResult } from "./runtime/session.js";
export type { Detection, DetectionQuestion, ScoreElement } from "./target/detection.js";
export type { Contrast, MaskTarget, PlainTarget, Quantity, Target } from "./target/target.js";
export * from "./errors.js";
export {
  evaluationTests,
  mapsOf,
  runGroup,
  Scorer,
  summarize,
  type EvaluationTest,
  type Explainer as MapMaker,
  type Network,
  type ResultStore as Keeper,
  type SampleRecord,
  type Subject,
  type SummaryRow,
  type TestRun,
} from "./evaluate/index.js";
export { decodeImage, encodePng, type DecodeOptions } from "./image/codec.js";
export { colormaps, type ColormapName } from "./draw/colormap.js";
export { scaleChoices, type ScaleChoice } from "./compare/compared-scales.js";
export type {
  ComparedMap,
  ComparedMethod,
  ComparedRow,
  Comparison,
  LayerPart,
  LayerParts,
} from "./compare/comparison.js";
export { layerSheet } from "./compare/layer-sheet.js";
export { montage, type MontageOptions } from "./compare/montage.js";
export { heatmap, overlay, type HeatmapOptions, type OverlayOptions } from "./draw/overlay.js";
export { comparePage, type ComparePageOptions } from "./compare/compare-page.js";
export { parsePreprocessing } from "./image/preprocessing-file.js";
export { presets, viewOf, type Preprocessing } from "./image/preprocess.js";
export type { Raster } from "./image/raster.js";
export { methods, type MethodSettings } from "./methods/all.js";
export type { DType } from "./tensor/dtype.js";
export { decodeNpy, encodeNpy } from "./tensor/npy.js";
export {
  float32,
  fromNumbers,
  tensor,
  toNumbers,
  type Tensor,
  type Tensors,
} from "./tensor/tensor.js";
