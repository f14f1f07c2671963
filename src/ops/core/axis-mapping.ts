import type { NodeView } from "./node-view.js";

/**
 * Which axis of an operator's outputs is which of its inputs: plain data, from which analysis finds where the axes of the
 * image are in every value.
 *
 * `image`: the first input is [N,C,…spatial], whatever the output is.
 */
export type AxisMapping = { readonly image?: true } & (
  | {
      /** The outputs' axes are the inputs', aligned at the last one as broadcasting aligns them. */
      readonly kind: "same";
    }
  | {
      /** [N,C,…spatial] in and out: every axis stays in its place, whatever happens to its extent. */
      readonly kind: "spatial";
    }
  | {
      /** Every axis of the first input stays in its place, stretched, shrunk or padded. */
      readonly kind: "resampled" | "padded";
    }
  | {
      /** Axis i of the output is axis perm[i] of the input. */
      readonly kind: "permuted";
      readonly perm: readonly number[];
    }
  | {
      /** Another shape for the elements in their order. */
      readonly kind: "reshaped";
    }
  | {
      /** These axes of the input, of extent 1, are left out. */
      readonly kind: "squeezed";
      readonly axes: readonly number[];
    }
  | {
      /** These axes of the output, of extent 1, are new. */
      readonly kind: "unsqueezed";
      readonly axes: readonly number[];
    }
  | {
      /** A letter for every axis of every input and of the output, as in Einsum. */
      readonly kind: "labelled";
      readonly terms: readonly string[];
      readonly result: string;
    }
  | {
      /** The inputs one after another along an axis. */
      readonly kind: "joined";
      readonly axis: number;
    }
  | {
      /** Output i is the i-th part of an axis. */
      readonly kind: "parted";
      readonly axis: number;
      readonly sizes: readonly number[];
    }
  | {
      /** Of every axis every steps[axis]-th element from starts[axis] on. */
      readonly kind: "sliced";
      readonly starts: readonly number[];
      readonly steps: readonly number[];
    }
  | {
      /** In place of one axis of the first input there are others, as many as `by` says. */
      readonly kind: "replaced";
      readonly axis: number;
      readonly by: number;
    }
  | {
      /** These axes of the first input are left out, or have an extent of 1. */
      readonly kind: "reduced";
      readonly axes: readonly number[];
    }
  | {
      /** No axis of the outputs is one of an input's. */
      readonly kind: "none";
    }
);

/** How an operator maps axes, as its record says. */
export type AxisRule<A> = { rule(n: NodeView<A>): AxisMapping }["rule"];

export const sameAxes = (): AxisMapping => ({ kind: "same" });
export const noAxes = (): AxisMapping => ({ kind: "none" });
export const spatialAxes = (): AxisMapping => ({ kind: "spatial", image: true });
/** Of normalizations with a value for each channel. */
export const channelAxes = (): AxisMapping => ({ kind: "same", image: true });
