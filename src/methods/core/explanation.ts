import type { Tensor, Tensors } from "../../tensor/tensor.js";
import type { ResolvedContrast } from "../../target/contrast.js";
import type { PixelRange } from "./image.js";
import type { RunControl } from "./sampler.js";
import type { ExplainedSample } from "../../runtime/samples.js";

/** Options of an explanation, beside method and target. */
export interface ExplainRequest extends RunControl {
  /** The method's settings; omitted ones have their defaults. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Values of the model's other inputs: one row per sample, or one value for all. */
  readonly feeds?: Tensors;
  /** Black and white in the units of the input. */
  readonly pixels?: PixelRange;
}

/** A request to a method. */
export interface MethodQuestion {
  readonly x: Tensor;
  readonly target: ResolvedContrast;
  /** Whether the maps of all classes are requested. */
  readonly isAll: boolean;
  readonly request: ExplainRequest;
  /** All settings of the method, parsed. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface SessionExplanation {
  /** [N,1,H,W] float32, un-normalised. */
  readonly map: Tensor<"float32">;
  /** [N,C,H,W]; only from methods that attribute to the input. */
  readonly attribution?: Tensor;
  /** The model's own output, [N,K] or of another shape. */
  readonly output: Tensor;
  readonly samples: readonly ExplainedSample[];
}
