import type { Value } from "../onnx/ir.js";
import type { FullGradient } from "./full-gradient.js";
import type { Convention } from "./psi.js";

export interface MethodSettings {
  readonly convention: Convention;
}

/** What a method adds to the graph. */
export interface MethodNodes {
  /** [N,1,H,W]: the saliency map, un-normalised. */
  readonly map: Value;
  /** [N,C,H,W]: attribution of each input element, for methods that have one. */
  readonly attribution?: Value;
}

/** A published way of making a saliency map, written as graph. */
export interface Method {
  readonly name: string;
  emit(fullGradient: FullGradient, settings: MethodSettings): MethodNodes;
}
