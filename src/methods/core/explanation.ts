import type { Tensor, Tensors } from "../../tensor/tensor.js";
import type { ResolvedContrast } from "../../target/contrast.js";
import type { PixelRange } from "./image.js";
import type { RunControl } from "./sampler.js";
import type { ExplainedSample } from "../../runtime/samples.js";

/** How an explanation is asked for, beside method and target. */
export interface ExplainRequest extends RunControl {
  /** The method's settings; the defaults of those that are not given. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Values of the model's other inputs: a row for each sample, or one value for all. */
  readonly feeds?: Tensors;
  /** What black and white are in the units of the input. */
  readonly pixels?: PixelRange;
}

/** What is asked of a method. */
export interface MethodQuestion {
  readonly x: Tensor;
  readonly target: ResolvedContrast;
  readonly request: ExplainRequest;
  /** All of the method's, read. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface SessionExplanation {
  /** [N,1,H,W] float32, un-normalised. */
  readonly map: Tensor;
  /** [N,C,H,W], for methods that attribute to the input. */
  readonly attribution?: Tensor;
  /** The model's own output, [N,K] or of another shape. */
  readonly output: Tensor;
  readonly samples: readonly ExplainedSample[];
}
