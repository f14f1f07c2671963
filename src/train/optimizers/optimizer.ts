import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";

/** What an optimizer does with one parameter, as graph. */
export interface Update {
  readonly parameter: Value;
  /** One for each of the optimizer's slots. */
  readonly slots: readonly Value[];
}

/** A rule that turns gradients into steps. */
export interface Optimizer {
  /** With its settings: part of what a checkpoint must agree with. */
  readonly name: string;
  /** What it keeps beside each parameter, zero at the start: "momentum", for one. */
  readonly slots: readonly string[];
  /** Names of the numbers that change from step to step, which enter the graph as inputs. */
  readonly scalars: readonly string[];
  /** Their values, in that order. @param step 1 for the first one */
  values(step: number, rate: number): readonly number[];
  emit(
    b: GraphBuilder,
    now: {
      readonly parameter: Value;
      readonly gradient: Value;
      readonly slots: readonly Value[];
      readonly scalars: readonly Value[];
    },
  ): Update;
}
