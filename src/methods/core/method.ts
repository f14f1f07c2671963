/**
 * The definition of a method. To add one: a file in methods/ with one `graphMethod(…)` or `samplingMethod(…)`, and a
 * row in methods/all.ts. The command line, the documents and the page read that table.
 *
 * Two kinds:
 * - A **graph method** computes its map in one pass. It only adds nodes to the graph of the model and its gradient
 *   ({@link FullGradient}), so that it can also be exported to a file. It may replace rules of the backward pass
 *   (guided back-propagation, LRP).
 * - A **sampling method** evaluates many variants of one image. {@link Sampler} runs compiled graphs on them in batches
 *   of bounded size; the method keeps running sums. It explains one image at a time.
 *
 * A method returns an attribution, a map, or both. A missing map is computed from the attribution: its sum over
 * channels for a signed method, the sum of its absolute values for an unsigned one.
 *
 * @module
 */
import type { Value } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { FullGradient, RuleContext } from "../../decomposition/full-gradient.js";
import type { Image } from "./image.js";
import type { Sampler } from "./sampler.js";
import type { SettingsOf, SettingTable } from "./settings.js";

/** The properties of a method of either kind. */
export interface MethodFacts<S extends SettingTable> {
  /** Its name on the command line and in the library: "integrated-gradients". */
  readonly name: string;
  /** Its display name: "Integrated gradients". */
  readonly title: string;
  /** Its publication: authors, title, venue and year. */
  readonly paper: string;
  /** Whether its map has both signs and needs a diverging colour map. */
  readonly signed: boolean;
  /** "input": a value for each element of the input; "map": a value for each spatial position only. */
  readonly attributes: "input" | "map";
  /** Whether its map is the same for every target. */
  readonly ignoresTarget?: boolean;
  readonly settings: S;
}

/** A map, an attribution, or both: [N,1,…spatial] and [N,C,…spatial]. */
type MapOrAttribution<T> =
  { readonly map: T; readonly attribution?: T } | { readonly map?: T; readonly attribution: T };

/** The values that a graph method adds to the graph. */
export type MethodNodes = MapOrAttribution<Value> & {
  /** Further results: [N] values, or one for all samples (the name of the layer used). */
  readonly info?: Readonly<Record<string, Value | number | string>>;
  /** [N] values from which notes explain an unusual map. */
  readonly evidence?: Readonly<Record<string, Value>>;
  /** Inputs added to the graph, by the keys of {@link GraphMethod.feeds}. */
  readonly inputs?: Readonly<Record<string, Value>>;
};

/** A method that needs a single pass. */
export interface GraphMethod<S extends SettingTable = SettingTable> extends MethodFacts<S> {
  readonly kind: "graph";
  /** Whether the sums of all terms are reported with the map. Not for methods that replace rules. */
  readonly decomposes: boolean;
  /**
   * The rules of the backward pass, if they differ from the gradient's. It may add nodes to `at.b` for the rules to
   * use, such as a second forward pass.
   */
  rules?(at: RuleContext, settings: SettingsOf<S>): Registry;
  emit(full: FullGradient, settings: SettingsOf<S>): MethodNodes;
  /** The maps of all classes in one pass, [N,K,…spatial of the layer]: the target "all". */
  classMaps?(full: FullGradient, settings: SettingsOf<S>): Value;
  /** Values of the added inputs for one image [1,C,…spatial]. */
  feeds?(image: Image, settings: SettingsOf<S>): Readonly<Record<string, Tensor>>;
}

/** A sampling method's result for one image: [1,1,…spatial] and [1,C,…spatial]. */
export type MethodResult = MapOrAttribution<Tensor> & {
  /** Its own check and further results: a convergence delta, the baseline's score. */
  readonly info?: Readonly<Record<string, number | string>>;
  /** Values from which notes explain an unusual map. */
  readonly evidence?: Readonly<Record<string, number>>;
};

/** A method that needs many passes, or none. */
export interface SamplingMethod<S extends SettingTable = SettingTable> extends MethodFacts<S> {
  readonly kind: "sampling";
  /** Whether it uses scores only, so that models without a gradient can be explained too. */
  readonly gradientFree: boolean;
  sample(sampler: Sampler, settings: SettingsOf<S>): Promise<MethodResult>;
}

/** A published saliency method. */
export type Method = GraphMethod | SamplingMethod;

/** Whether a method uses the gradient of the score; others use scores, activations or the image alone. */
export function usesGradient(method: Method): boolean {
  const asksForScores = method.kind === "sampling" && method.gradientFree;
  return !asksForScores && method.ignoresTarget !== true;
}

type GraphDefinition<S extends SettingTable, D extends boolean> = Omit<
  GraphMethod<S>,
  "kind" | "decomposes"
> & { readonly decomposes?: D };

type SamplingDefinition<S extends SettingTable> = Omit<
  SamplingMethod<S>,
  "kind" | "gradientFree"
> & { readonly gradientFree?: boolean };

/** Defines a graph method; {@link GraphMethod.decomposes} defaults to false. */
export function graphMethod<S extends SettingTable, const D extends boolean = false>(
  method: GraphDefinition<S, D>,
): GraphMethod<S> & { readonly decomposes: D } {
  return { decomposes: false as D, ...method, kind: "graph" };
}

/** Defines a sampling method; {@link SamplingMethod.gradientFree} defaults to false. */
export function samplingMethod<S extends SettingTable>(
  method: SamplingDefinition<S>,
): SamplingMethod<S> {
  return { gradientFree: false, ...method, kind: "sampling" };
}

/** A custom method; its kind determines its fields. `withSettings(method, settings)` gives it settings. */
export function defineMethod<S extends SettingTable, const D extends boolean = false>(
  method: { readonly kind: "graph" } & GraphDefinition<S, D>,
): GraphMethod<S> & { readonly decomposes: D };
export function defineMethod<S extends SettingTable>(
  method: { readonly kind: "sampling" } & SamplingDefinition<S>,
): SamplingMethod<S>;
export function defineMethod<S extends SettingTable>(
  method:
    | ({ readonly kind: "graph" } & GraphDefinition<S, boolean>)
    | ({ readonly kind: "sampling" } & SamplingDefinition<S>),
): Method {
  return method.kind === "graph" ? graphMethod(method) : samplingMethod(method);
}
