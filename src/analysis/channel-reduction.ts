import type { Dim, Shape } from "../tensor/shape.js";
import { restoration, type Restoration, type TracedAxes } from "./traced-axes.js";

/**
 * Reduction of a value over its channels in its own memory order. Only the result, one number per position, is then
 * converted to image order: for tokens [N,197,768], under a hundredth of the elements that a Transpose of the value moves.
 */
export interface ChannelReduction {
  /** Shape of the value with every axis split into its factors. */
  readonly factors: Shape;
  /** The axes of `factors` that are channels. */
  readonly axes: readonly number[];
  readonly channels: number;
  /** Converts the reduced value to [N,1,…spatial]. */
  readonly restoration: Restoration;
}

/** @returns undefined if the image axes are incomplete or the samples are not on the first axis */
export function channelReduction(
  axes: TracedAxes,
  rank: number,
  batch: Dim,
): ChannelReduction | undefined {
  const factors = axes.flat();
  const channelAxes = factors.flatMap((a, i) => (a.role === "other" ? [i] : []));
  const reduced = axes.map((axis) => axis.map((a) => (a.role === "other" ? { ...a, size: 1 } : a)));
  const restored = restoration(reduced, rank, batch);
  const isLed = batch === 1 || factors[0]?.size === batch;
  if (!restored || !isLed) return undefined;
  return {
    factors: factors.map((a) => a.size),
    axes: channelAxes,
    channels: channelAxes.reduce((product, i) => product * Number(factors[i]!.size), 1),
    restoration: restored,
  };
}
