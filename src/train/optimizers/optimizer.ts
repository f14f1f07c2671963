import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";

/** The update of one parameter, as graph values. */
export interface Update {
  readonly parameter: Value;
  /** Updated optimizer state, one value per slot. */
  readonly slots: readonly Value[];
}

/** An optimizer: emits the parameter update for a gradient. */
export interface Optimizer {
  /** Name and settings, which a checkpoint must match. */
  readonly name: string;
  /** Names of the per-parameter state, zero at the start, such as "momentum". */
  readonly slots: readonly string[];
  /** Names of the scalars that vary from step to step; they are graph inputs. */
  readonly scalars: readonly string[];
  /** Values of the scalars, in that order. @param step counted from 1 */
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
