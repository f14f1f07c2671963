import type { Backend } from "../backends/backend.js";
import type { Completeness } from "../decomposition/completeness.js";
import { asContrast } from "../target/contrast.js";
import type { DirectionOptions } from "../runtime/gradient-check/directional-derivatives.js";
import type { SessionExplanation } from "../methods/core/explanation.js";
import type { ConfiguredMethod } from "../methods/core/configured-method.js";
import type { Method } from "../methods/core/method.js";
import type { NotedSample } from "../methods/core/notes.js";
import type { RunControl } from "../methods/core/sampler.js";
import type { SampleResult } from "../runtime/samples.js";
import type { AnalysisOptions } from "../runtime/analyze.js";
import type { PlainTarget, Quantity, Target } from "../target/target.js";
import type { Preprocessing, presets } from "../image/preprocess.js";
import type { MethodSettings } from "../methods/all.js";
import type { ExternalDataReader } from "../onnx/file/external-data.js";
import type { Registry } from "../ops/core/registry.js";
import { isTensor, type Tensor } from "../tensor/tensor.js";

export interface LoadOptions extends AnalysisOptions {
  /** The engine: ONNX Runtime ("ort", the default), TensorFlow.js ("tfjs"), or a back end of your own. */
  readonly backend?: Backend | "ort" | "tfjs" | undefined;
  /**
   * The engine's device. ONNX Runtime: cpu (default), cuda, webgpu, dml, coreml; in a browser wasm (default), webgpu.
   * tfjs: wasm (default), cpu, and in Node node, node-gpu, in a browser webgl, webgpu.
   */
  readonly provider?: string | undefined;
  /** Threads per operator; by default one per core. */
  readonly threads?: number | undefined;
  /**
   * In Node with ONNX Runtime, threads that run the model beside the caller's, so that its event loop stays free
   * meanwhile and as many calls run at once: their number, or how many for so many bytes of weights, of which each holds
   * a copy. The cores are divided among them. None unless given: the event loop then stands still while the model runs.
   */
  readonly workers?: number | ((weights: number) => number) | undefined;
  /** In a browser, the URL of the folder with the engine's .wasm files, if the bundler does not place them. */
  readonly wasmPaths?: string | undefined;
  /** Gradients pass signs where |x| ≤ 1, as binarised networks are trained; without it a sign has none. */
  readonly straightThrough?: boolean | undefined;
  /** Limit on a picture's pixels, and at 6 bytes each on the memory of decoding it; default 89,478,485. */
  readonly maxPixels?: number | undefined;
  /**
   * Bytes that the tensors of a graph may take at once, by an estimate from their shapes; half of the machine's memory
   * by default, 4 GiB in a browser. Graphs that take more are refused before the engine sees them.
   */
  readonly maxMemory?: number | undefined;
  /**
   * The records of the operators; by default the library's own. `registry.extend(myOperator)` adds to those, and
   * replaces the record of the same domain and type.
   */
  readonly operators?: Registry | undefined;
  /** Reads external weight files, for a model given as bytes. A model given by its path reads its own. */
  readonly externalData?: ExternalDataReader | undefined;
}

/**
 * Values of the inputs beside the one that is explained, by name: a row for each sample, or one value for all. States of a
 * recurrent layer are zeros unless they are given.
 */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface RunOptions {
  readonly feeds?: Feeds | undefined;
}

/** How far an inspection goes. */
export interface InspectionOptions extends RunOptions {
  /** Whether the model is differentiated, which finds operators without a gradient: true unless given. */
  readonly gradient?: boolean | undefined;
}

export interface TargetOptions extends RunOptions {
  /**
   * The number to explain: "top" (default), one class for all samples, or one for each; for outputs of other shapes
   * than [N,K], a target expression: "8@10,12" (class 8 at x 10, y 12; "8@10" of a signal, "8@10,12,3" of a volume),
   * "8@0,0,16,16" (mean over a region), "8@" (over all), "box:5,class:2", "3,1,4" (an index); "against:8" is the evidence
   * against a target, "against" that against an output of a single number; `{ mask, class }` is the mean over a mask; a
   * tensor is the seed of a weighted sum.
   */
  readonly target?: Target | undefined;
  /** A second target, whose number is subtracted: the evidence for the first rather than the second. */
  readonly versus?: PlainTarget | undefined;
  /** "score" (default), or "log-probability": the logarithm of the softmax over all classes. */
  readonly quantity?: Quantity | undefined;
}

export interface VerifyOptions extends TargetOptions {
  /** Compares the gradient with central differences of the model's file: true, or the directions. */
  readonly gradient?: boolean | DirectionOptions | undefined;
}

/** Options of an explanation, and the method's settings; an unknown setting is an error. */
export interface ExplainOptions extends TargetOptions, RunControl, MethodSettings {
  /** The method: its name, the method itself, or one with settings ({@link withSettings}); default "fullgrad". */
  readonly method?: string | Method | ConfiguredMethod | undefined;
  /** The input's preprocessing, for methods that need the values of black and white. */
  readonly preprocessing?: keyof typeof presets | Preprocessing | undefined;
}

/**
 * A saliency map with the score it explains. `score`, `target` and `completeness` are those of the first sample.
 * Completeness is reported by methods that decompose the score, such as fullgrad.
 */
export interface Explanation extends Omit<SessionExplanation, "samples"> {
  readonly samples: readonly NotedSample[];
  readonly target: number | string;
  readonly score: number;
  readonly completeness?: Completeness;
}

/** An explanation by a method that decomposes the score. */
export interface CompleteExplanation extends Explanation {
  readonly completeness: Completeness;
  readonly samples: readonly NotedSample<SampleResult>[];
}

/** The target with `versus` and `quantity`, if given. */
export function targetOf({ target = "top", versus, quantity }: TargetOptions): Target {
  if (versus === undefined && quantity === undefined) return target;
  return {
    ...asContrast(target),
    ...(versus === undefined ? {} : { versus }),
    ...(quantity === undefined ? {} : { quantity }),
  };
}

/** The remaining options: the method's settings; a given baseline as image. */
export function settingsOf(
  options: ExplainOptions,
  toImage: (x: Tensor) => Tensor,
): Readonly<Record<string, unknown>> {
  const own = Object.entries(options).filter(([key]) => !isCommon.has(key));
  return Object.fromEntries(
    own.map(([key, v]) => [key, key === "given" && isTensor(v) ? toImage(v) : v]),
  );
}

const common: Readonly<Record<Exclude<keyof ExplainOptions, keyof MethodSettings>, true>> = {
  method: true,
  target: true,
  versus: true,
  quantity: true,
  feeds: true,
  preprocessing: true,
  batch: true,
  signal: true,
  onProgress: true,
};

const isCommon: ReadonlySet<string> = new Set(Object.keys(common));
