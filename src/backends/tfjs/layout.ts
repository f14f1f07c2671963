import { sizeOf } from "../../tensor/shape.js";

/**
 * Memory order of a tensor: axis i in memory is axis `layout[i]` of the graph's tensor. [0,1,2,3] is ONNX's order
 * (NCHW), [0,2,3,1] is channels last (NHWC).
 */
export type Layout = readonly number[];

/** The graph's own axis order. */
export const plainLayout = (rank: number): Layout => Array.from({ length: rank }, (_, i) => i);

/** Channels last, the layout in which tfjs convolves and pools. */
export const channelsLast = (rank: number): Layout =>
  rank < 3 ? plainLayout(rank) : [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];

export const sameLayout = (a: Layout, b: Layout): boolean => a.every((axis, i) => axis === b[i]);

/** Permutes a per-axis list from graph order to memory order. */
export const inMemory = <T>(list: readonly T[], layout: Layout): T[] =>
  layout.map((axis) => list[axis]!);

/** The axes longer than 1, in memory order. Axes of extent 1 do not affect memory order. */
export const longAxes = (dims: readonly number[], layout: Layout): number[] =>
  layout.filter((axis) => dims[axis] !== 1);

/** True if two layouts describe the same memory order: they differ at most in axes of extent 1. */
export function sameOrder(dims: readonly number[], a: Layout, b: Layout): boolean {
  const [p, q] = [longAxes(dims, a), longAxes(dims, b)];
  return p.every((axis, i) => axis === q[i]);
}

/** A layout in which the long axes have the given order; the plain or channels-last layout if it qualifies. */
export function layoutOf(dims: readonly number[], order: readonly number[]): Layout {
  const fits = (layout: Layout): boolean =>
    longAxes(dims, layout).every((axis, i) => axis === order[i]);
  const known = [plainLayout(dims.length), channelsLast(dims.length)].find(fits);
  const short = dims.flatMap((d, axis) => (d === 1 ? [axis] : []));
  return known ?? [...short, ...order];
}

/**
 * Layout of a tensor after a reshape without data movement. Each group of axes that is split, merged or kept must be
 * contiguous and in order.
 *
 * @returns undefined if the reshape requires data movement
 */
export function reshapedLayout(
  from: readonly number[],
  layout: Layout,
  to: readonly number[],
): Layout | undefined {
  if (sizeOf(from) === 0) return undefined;
  const runs = commonRuns(from, to);
  const order = longAxes(from, layout);
  const result: number[] = [];
  for (let at = 0; at < order.length;) {
    const run = runs.find((r) => r.from[0] === order[at]);
    if (!run?.from.every((axis, i) => axis === order[at + i])) return undefined;
    result.push(...run.to);
    at += run.from.length;
  }
  return layoutOf(to, result);
}

/** The finest partition of the long axes on both sides into groups with equal numbers of elements. */
function commonRuns(
  from: readonly number[],
  to: readonly number[],
): { readonly from: readonly number[]; readonly to: readonly number[] }[] {
  const left = longAxes(from, plainLayout(from.length));
  const right = longAxes(to, plainLayout(to.length));
  const runs: { from: number[]; to: number[] }[] = [];
  for (let [i, j] = [0, 0]; i < left.length || j < right.length;) {
    const run = { from: [left[i++]!], to: [right[j++]!] };
    let [p, q] = [from[run.from[0]!]!, to[run.to[0]!]!];
    while (p !== q) {
      if (p < q) {
        const axis = left[i++]!;
        run.from.push(axis);
        p *= from[axis]!;
      } else {
        const axis = right[j++]!;
        run.to.push(axis);
        q *= to[axis]!;
      }
    }
    runs.push(run);
  }
  return runs;
}
