/**
 * What LSTM, GRU and RNN say of one step, in one direction.
 *
 * @module
 */
import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { NodeView } from "../core/node-view.js";
import type { AttrDecoder } from "../core/spec.js";
import type { GateFunction } from "./activation.js";

type Direction = "forward" | "reverse";

export interface RecurrentAttrs {
  readonly directions: readonly Direction[];
  /** X is [N,T,I] instead of [T,N,I], and states are [N,D,H] instead of [D,N,H]. */
  readonly batchFirst: boolean;
  readonly activations: readonly string[] | undefined;
  readonly alpha: readonly number[];
  readonly beta: readonly number[];
  /** Gate inputs are clipped to ±clip; undefined for no clipping. */
  readonly clip: number | undefined;
  readonly linearBeforeReset: boolean;
  readonly inputForget: boolean;
}

export type RecurrentView = NodeView<RecurrentAttrs>;

export const recurrentAttrs: AttrDecoder<RecurrentAttrs> = (a) => {
  const word = a.word("direction", ["forward", "reverse", "bidirectional"], "forward");
  return {
    directions: word === "bidirectional" ? ["forward", "reverse"] : [word],
    batchFirst: a.flag("layout"),
    activations: a.texts("activations"),
    alpha: a.floats("activation_alpha") ?? [],
    beta: a.floats("activation_beta") ?? [],
    // ONNX Runtime treats 0 as a threshold in an RNN, and refuses it in LSTM and GRU.
    clip: a.positive("clip"),
    linearBeforeReset: a.flag("linear_before_reset"),
    inputForget: a.flag("input_forget"),
  };
};

/** The state passed from step to step, [1,N,H] each; undefined for zeros. */
export interface RecurrentState {
  readonly h: Value | undefined;
  /** The cell of an LSTM. */
  readonly c: Value | undefined;
}

/** The state after a step. */
export interface NewState {
  readonly h: Value;
  readonly c?: Value;
}

/** The weights and activation functions of one direction. */
export interface RecurrentWeights {
  readonly hidden: number;
  readonly functions: readonly GateFunction[];
  /** Rᵀ [H, gates·H]. */
  readonly recurrent: Value;
  /** Biases added to X·Wᵀ and to H·Rᵀ, [gates·H]; undefined for zeros. */
  readonly bias: readonly [input: Value, recurrent: Value] | undefined;
  /** [3·H]; undefined for zeros. */
  readonly peepholes: Value | undefined;
}

/**
 * A builder for one component of the cell at the current step; the component's name and the hints of its nodes are the
 * same at every step.
 */
export type StepBuilder = (part: string) => GraphBuilder;

export interface RecurrentCell {
  /** The part of the bias that is added to X·Wᵀ, for all steps at once. */
  readonly added: Value | undefined;
  /** One step. `x` [1,N,gates·H] is X·Wᵀ plus `added`. */
  step(at: StepBuilder, x: Value, state: RecurrentState): NewState;
}

/** Pieces of these sizes along an axis. */
export function parts(
  b: GraphBuilder,
  x: Value,
  axis: number,
  sizes: readonly number[],
): readonly Value[] {
  if (sizes.length === 1) return [x];
  return b.call("Split", [x, b.ints(sizes)], { axis: int(axis) }, { outputs: sizes.length });
}

/** Clips gate inputs to ±clip. */
export function clipped(b: GraphBuilder, { attrs: { clip } }: RecurrentView, x: Value): Value {
  return clip === undefined ? x : b.op("Clip", [x, b.scalar(-clip, x), b.scalar(clip, x)]);
}
