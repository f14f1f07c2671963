import type { Backend } from "../backends/backend.js";
import type { Completeness } from "../decomposition/completeness.js";
import { asContrast } from "../target/contrast.js";
import type { DirectionOptions } from "../runtime/gradient-check/directional-derivatives.js";
import type { SessionExplanation } from "../methods/core/explanation.js";
import type { NotedSample } from "../methods/core/notes.js";
import type { RunControl } from "../methods/core/sampler.js";
import type { SampleResult } from "../runtime/samples.js";
import type { ImageSize } from "../runtime/sizes.js";
import type { PlainTarget, Quantity, Target } from "../target/target.js";
import type { Preprocessing, presets } from "../image/preprocess.js";
import type { MethodSettings } from "../methods/all.js";
import type { ExternalDataReader } from "../onnx/file/external-data.js";
import type { Tensor } from "../tensor/tensor.js";

export interface LoadOptions {
  /** The engine: ONNX Runtime ("ort", the default), TensorFlow.js ("tfjs"), or one of your own. */
  readonly backend?: Backend | "ort" | "tfjs" | undefined;
  /**
   * What the engine runs on. ONNX Runtime: cpu (default), cuda, webgpu, dml, coreml; in a browser wasm (default), webgpu.
   * tfjs: wasm (default), cpu, and in Node node, node-gpu, in a browser webgl, webgpu.
   */
  readonly provider?: string | undefined;
  /** Threads for one operator; one a core unless given. */
  readonly threads?: number | undefined;
  /** In a browser, the URL of the folder with the engine's .wasm files, where the bundler has not put them in place. */
  readonly wasmPaths?: string | undefined;
  /** The input to explain; the only one, or the only image, unless given. */
  readonly input?: string | undefined;
  /**
   * The output to explain; the first one unless given. "logits" is what goes into the Softmax or Sigmoid that makes the
   * first one. Any other value of the model is an output too, by its name in the file.
   */
  readonly output?: string | undefined;
  /**
   * What each axis of the input is, a letter for each: N samples, C channels, and the spatial ones H, W, D, T, F, L, P:
   * "NHWC", "NLC", "CHW". Found by following the axes through the first layers unless given.
   */
  readonly layout?: string | undefined;
  /** Height and width to use where the model leaves them open. */
  readonly size?: ImageSize | undefined;
  /** Gradients pass signs where |x| ≤ 1, as binarised networks are trained; without it a sign has none. */
  readonly straightThrough?: boolean | undefined;
  /** Pictures of more pixels are refused, and those that take more than 6 bytes of memory for each; 89,478,485 unless given. */
  readonly maxPixels?: number | undefined;
  /** Reads weights kept in other files, for a model given as bytes. A path finds its own. */
  readonly externalData?: ExternalDataReader | undefined;
}

/** Values of the inputs beside the one that is explained, by name: a row for each sample, or one value for all. */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface RunOptions {
  readonly feeds?: Feeds | undefined;
}

export interface TargetOptions extends RunOptions {
  /**
   * The number to explain: "top" (default), one class for all samples, or one for each; for outputs of other shapes
   * than [N,K], in words: "8@10,12" (class 8 at x 10, y 12; "8@10" of a signal, "8@10,12,3" of a volume),
   * "8@0,0,16,16" (mean over a region), "8@" (over all), "box:5,class:2", "3,1,4" (an index); "against:8" is what speaks
   * against a target, "against" what speaks against an output of a single number; `{ mask, class }` the mean over a
   * mask; or as the seed of a weighted sum.
   */
  readonly target?: Target | undefined;
  /** A target whose number is subtracted: what speaks for the one and not for the other? */
  readonly versus?: PlainTarget | undefined;
  /** "score" (default), or "log-probability": the logarithm of the softmax over all classes. */
  readonly quantity?: Quantity | undefined;
}

export interface VerifyOptions extends TargetOptions {
  /** Whether to compare the gradient with central differences of the model's own file: true, or along which directions. */
  readonly gradient?: boolean | DirectionOptions | undefined;
}

/** Beside these, the method's own settings; a setting that a method does not have is an error. */
export interface ExplainOptions extends TargetOptions, RunControl, MethodSettings {
  /** Name of the method: "fullgrad" unless given. */
  readonly method?: string | undefined;
  /** What the input was made with, for methods that need to know what black or white is. */
  readonly preprocessing?: keyof typeof presets | Preprocessing | undefined;
}

/**
 * A saliency map with the score it explains. Where there are several samples, `score`, `target` and `completeness` are
 * the first one's. Completeness is that of methods that take the score apart on their way, as fullgrad does.
 */
export interface Explanation extends Omit<SessionExplanation, "samples"> {
  readonly samples: readonly NotedSample[];
  readonly target: number | string;
  readonly score: number;
  readonly completeness?: Completeness;
}

/** An explanation by a method that always takes the score apart. */
export interface CompleteExplanation extends Explanation {
  readonly completeness: Completeness;
  readonly samples: readonly NotedSample<SampleResult>[];
}

/** The target with what it is compared with and the quantity, where they are given beside it. */
export function targetOf({ target = "top", versus, quantity }: TargetOptions): Target {
  if (versus === undefined && quantity === undefined) return target;
  return {
    ...asContrast(target),
    ...(versus === undefined ? {} : { versus }),
    ...(quantity === undefined ? {} : { quantity }),
  };
}

/** What is left of the options: the method's own settings. */
export function settingsOf(options: ExplainOptions): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([key]) => !isCommon.has(key)));
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
