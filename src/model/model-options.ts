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
import { optionTables } from "./option-tables.js";
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
   * In Node with ONNX Runtime, worker threads that run the model, so that the caller's event loop stays free and as
   * many calls run at once: their number, or a function of the bytes of weights, because each thread holds a copy. The
   * cores are divided among them. Default 0: the event loop is blocked while the model runs.
   */
  readonly workers?: number | ((weights: number) => number) | undefined;
  /** In a browser, the URL of the folder with the engine's .wasm files, if the bundler does not place them. */
  readonly wasmPaths?: string | undefined;
  /**
   * Whether signs have a straight-through gradient where |x| ≤ 1, as in the training of binarised networks; default
   * false: no gradient.
   */
  readonly straightThrough?: boolean | undefined;
  /** Limit on the pixels of a picture, and on the memory for decoding it (6 bytes per pixel); default 89,478,485. */
  readonly maxPixels?: number | undefined;
  /**
   * Limit in bytes on the tensors of a graph that are alive at once, estimated from their shapes; default half of the
   * machine's memory, 4 GiB in a browser. Graphs above it are refused before they reach the engine.
   */
  readonly maxMemory?: number | undefined;
  /**
   * The operator records; by default the library's. `registry.extend(myOperator)` adds a record, or replaces the record
   * of the same domain and type.
   */
  readonly operators?: Registry | undefined;
  /**
   * Reads external weight files, for a model given as bytes. By default, a model given by path reads the files beside
   * it.
   */
  readonly externalData?: ExternalDataReader | undefined;
}

/**
 * Values of the inputs other than the explained one, by name: one row per sample, or one value for all. The default for
 * states of a recurrent layer is zeros.
 */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface RunOptions {
  readonly feeds?: Feeds | undefined;
}

/** The extent of an inspection. */
export interface InspectionOptions extends RunOptions {
  /** Whether the model is differentiated, which finds operators without a gradient; default true. */
  readonly gradient?: boolean | undefined;
}

export interface TargetOptions extends RunOptions {
  /**
   * The number to explain: "top" (default), one class for all samples, or one for each; for outputs of other shapes
   * than [N,K], a target expression: "8@10,12" (class 8 at x 10, y 12; "8@10" of a signal, "8@10,12,3" of a volume),
   * "8@0,0,16,16" (mean over a region), "8@" (over all), "box:5,class:2", "3,1,4" (an index); "against:8" is the
   * evidence against a target, "against" the evidence against an output of a single number; `{ mask, class }` is the
   * mean over a mask; a tensor is the seed of a weighted sum.
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

/** Options of an explanation by any method. */
export interface CommonOptions extends TargetOptions, RunControl {
  /** The method: its name, the method itself, or one with settings ({@link withSettings}); default "fullgrad". */
  readonly method?: string | Method | ConfiguredMethod | undefined;
  /** The input's preprocessing, for methods that need the values of black and white. */
  readonly preprocessing?: keyof typeof presets | Preprocessing | undefined;
}

/** Options of an explanation, and the method's settings; an unknown setting is an error. */
export interface ExplainOptions extends CommonOptions, MethodSettings {}

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
  const own = Object.entries(options).filter(([key]) => !Object.hasOwn(optionTables.explain, key));
  return Object.fromEntries(
    own.map(([key, v]) => [key, key === "given" && isTensor(v) ? toImage(v) : v]),
  );
}
