/**
 * What a method is. To add one: a file in methods/ with one `graphMethod(…)` or `samplingMethod(…)`, and a row in
 * methods/all.ts. Command line, documents and page read that table.
 *
 * Two kinds:
 * - A **graph method** makes its map in one pass. It adds nodes to the graph of the model and its gradient
 *   ({@link FullGradient}) and computes nothing itself, so that it also serves a portable file. It may replace rules of
 *   the backward pass (guided back-propagation, LRP).
 * - A **sampling method** looks at many variants of one image. {@link Sampler} runs compiled graphs on them in batches
 *   of bounded size; the method keeps running sums. It is asked about one image at a time.
 *
 * A method gives an attribution, a map, or both. A map that is not given is made of the attribution by one rule: its sum
 * over channels, where the method is signed; the sum of its absolute values, where it is not.
 *
 * @module
 */
import type { Value } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { FullGradient, RuleSite } from "../../decomposition/full-gradient.js";
import type { Image } from "./image.js";
import type { Sampler } from "./sampler.js";
import type { SettingsOf, SettingTable } from "./settings.js";

/** What is said of a method, whatever its kind. */
export interface MethodFacts<S extends SettingTable> {
  /** As command line and library know it: "integrated-gradients". */
  readonly name: string;
  /** For people: "Integrated gradients". */
  readonly title: string;
  /** Where it was published: authors, title, venue and year. */
  readonly paper: string;
  /** Whether its map has both signs, and is to be drawn with a diverging colour map. */
  readonly signed: boolean;
  /** "input": it has a number for each element of the input; "map": for each place only. */
  readonly attributes: "input" | "map";
  /** Its map is the same for every target. */
  readonly ignoresTarget?: boolean;
  readonly settings: S;
}

/** A map, an attribution, or both: [N,1,…places] and [N,C,…places]. */
type MapOrAttribution<T> =
  { readonly map: T; readonly attribution?: T } | { readonly map?: T; readonly attribution: T };

/** What a graph method adds to the graph. */
export type MethodNodes = MapOrAttribution<Value> & {
  /** What else is to be known of a sample: [N] numbers, or something that holds for all (the layer that was used). */
  readonly info?: Readonly<Record<string, Value | number | string>>;
  /** [N] numbers that tell why a map is as it is; notes are made of them. */
  readonly evidence?: Readonly<Record<string, Value>>;
  /** Inputs that it added to the graph, by the names that {@link GraphMethod.feeds} gives their values under. */
  readonly inputs?: Readonly<Record<string, Value>>;
};

/** A method of a single pass. */
export interface GraphMethod<S extends SettingTable = SettingTable> extends MethodFacts<S> {
  readonly kind: "graph";
  /** The sums of all terms are computed and reported beside the map. Not for methods that replace rules. */
  readonly decomposes: boolean;
  /**
   * The rules for the backward pass, where they are not those of the gradient. `at.b` may be given nodes that the rules
   * then use, such as a second forward pass.
   */
  rules?(at: RuleSite, settings: SettingsOf<S>): Registry;
  emit(full: FullGradient, settings: SettingsOf<S>): MethodNodes;
  /** Values of the inputs that it added, for one image [1,C,…places]. */
  feeds?(image: Image, settings: SettingsOf<S>): Readonly<Record<string, Tensor>>;
}

/** What a sampling method says of one image: [1,1,…places] and [1,C,…places]. */
export type MethodResult = MapOrAttribution<Tensor> & {
  /** Its own check, and what else is to be known: a convergence delta, the baseline's score. */
  readonly info?: Readonly<Record<string, number | string>>;
  /** Numbers that tell why a map is as it is; notes are made of them. */
  readonly evidence?: Readonly<Record<string, number>>;
};

/** A method of many passes, or of none. */
export interface SamplingMethod<S extends SettingTable = SettingTable> extends MethodFacts<S> {
  readonly kind: "sampling";
  /** It asks for scores only, so that a model without a gradient can be explained too. */
  readonly gradientFree: boolean;
  sample(sampler: Sampler, settings: SettingsOf<S>): Promise<MethodResult>;
}

/** A published way of making a saliency map. */
export type Method = GraphMethod | SamplingMethod;

/** Whether a method follows the gradient of the score; others ask for scores, or look at activations or the image alone. */
export function usesGradient(method: Method): boolean {
  const asksForScores = method.kind === "sampling" && method.gradientFree;
  return !asksForScores && method.ignoresTarget !== true;
}

/** Where {@link GraphMethod.decomposes} is not said, it does not. */
export function graphMethod<S extends SettingTable>(
  method: Omit<GraphMethod<S>, "kind" | "decomposes"> & { readonly decomposes?: boolean },
): GraphMethod<S> {
  return { decomposes: false, ...method, kind: "graph" };
}

/** Where {@link SamplingMethod.gradientFree} is not said, it is not. */
export function samplingMethod<S extends SettingTable>(
  method: Omit<SamplingMethod<S>, "kind" | "gradientFree"> & { readonly gradientFree?: boolean },
): SamplingMethod<S> {
  return { gradientFree: false, ...method, kind: "sampling" };
}
