import type { NodeView } from "./node-view.js";

/**
 * How the axes of an operator's outputs correspond to the axes of its inputs. It is plain data, from which the analysis
 * locates the image axes in every value.
 *
 * `image`: the first input is [N,C,…spatial], whatever the shape of the output.
 */
export type AxisMapping = { readonly image?: true } & (
  | {
      /** The output axes are the input axes, aligned at the last one as in broadcasting. */
      readonly kind: "same";
      /** Axes of the first input along which an output element depends on other elements; none by default. */
      readonly along?: readonly number[];
    }
  | {
      /** A recurrent layer over a sequence [T,N,I], with states [D,N,H]; or [N,T,I] and [N,D,H] if `batch` is 0. */
      readonly kind: "sequence";
      readonly batch: 0 | 1;
    }
  | {
      /** [N,C,…spatial] in and out: every axis keeps its index, even if its extent changes. */
      readonly kind: "spatial";
    }
  | {
      /** Every axis of the first input keeps its index; extents grow or shrink. */
      readonly kind: "resampled" | "padded";
    }
  | {
      /** Axis i of the output is axis perm[i] of the input. */
      readonly kind: "permuted";
      readonly perm: readonly number[];
    }
  | {
      /** Another shape with the same elements in the same order. */
      readonly kind: "reshaped";
    }
  | {
      /** These input axes, of extent 1, are dropped. */
      readonly kind: "squeezed";
      readonly axes: readonly number[];
    }
  | {
      /** These output axes, of extent 1, are added. */
      readonly kind: "unsqueezed";
      readonly axes: readonly number[];
    }
  | {
      /** One letter per axis of every input and of the output, as in Einsum. */
      readonly kind: "labelled";
      readonly terms: readonly string[];
      readonly result: string;
    }
  | {
      /** The inputs are concatenated along an axis. */
      readonly kind: "joined";
      readonly axis: number;
    }
  | {
      /** Output i is the i-th piece along an axis. */
      readonly kind: "parted";
      readonly axis: number;
      readonly sizes: readonly number[];
    }
  | {
      /** Along every axis, every steps[axis]-th element from starts[axis] on. */
      readonly kind: "sliced";
      readonly starts: readonly number[];
      readonly steps: readonly number[];
    }
  | {
      /** One axis of the first input is replaced by `by` new axes. */
      readonly kind: "replaced";
      readonly axis: number;
      readonly by: number;
    }
  | {
      /** These axes of the first input are dropped or reduced to extent 1. */
      readonly kind: "reduced";
      readonly axes: readonly number[];
    }
  | {
      /** No output axis corresponds to an input axis. */
      readonly kind: "none";
    }
);

/** The axis mapping of a node, as a function in the operator's record. */
export type AxisRule<A> = { rule(n: NodeView<A>): AxisMapping }["rule"];

export const sameAxes = (): AxisMapping => ({ kind: "same" });
export const noAxes = (): AxisMapping => ({ kind: "none" });
export const spatialAxes = (): AxisMapping => ({ kind: "spatial", image: true });
/** The axes of a normalization with one parameter per channel, by stored statistics. */
export const channelAxes = (): AxisMapping => ({ kind: "same", image: true });
/** The axes of an operator whose elements depend on each other along these axes of its input. */
export const axesAlong = (along: readonly number[]): AxisMapping => ({ kind: "same", along });
