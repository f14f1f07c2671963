import type { Dim, Shape } from "../tensor/shape.js";
import { restoration, type Restoration, type TracedAxes } from "./traced-axes.js";

/**
 * How a value is reduced over its channels where it lies, so that only one number for each place has to be put into the
 * order of the image: of tokens [N,197,768] a hundredth of what a Transpose of all would move.
 */
export interface ChannelReduction {
  /** What the value is reshaped to, and the axes of that which are channels. */
  readonly factors: Shape;
  readonly axes: readonly number[];
  readonly channels: number;
  /** How the reduced value comes into the form [N,1,…places]. */
  readonly restoration: Restoration;
}

/** @returns undefined where the value has no whole places, or its samples do not come first */
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
