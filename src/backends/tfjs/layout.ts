import { sizeOf } from "../../tensor/shape.js";

/**
 * How a tensor lies in memory: axis i there is axis `layout[i]` of the graph's tensor. [0,1,2,3] is as ONNX has it
 * (NCHW), [0,2,3,1] is channels last (NHWC).
 */
export type Layout = readonly number[];

/** As the graph has it. */
export const plainLayout = (rank: number): Layout => Array.from({ length: rank }, (_, i) => i);

/** N…C of N C …: where tfjs convolves and pools. */
export const channelsLast = (rank: number): Layout =>
  rank < 3 ? plainLayout(rank) : [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];

export const sameLayout = (a: Layout, b: Layout): boolean => a.every((axis, i) => axis === b[i]);

/** A list that goes by the graph's axes, by the axes in memory. */
export const inMemory = <T>(list: readonly T[], layout: Layout): T[] =>
  layout.map((axis) => list[axis]!);

/** The axes that are longer than 1, in the order of memory. Axes of one element lie wherever one likes. */
export const longAxes = (dims: readonly number[], layout: Layout): number[] =>
  layout.filter((axis) => dims[axis] !== 1);

/** Whether two layouts of a tensor differ in axes of one element only. */
export function sameOrder(dims: readonly number[], a: Layout, b: Layout): boolean {
  const [p, q] = [longAxes(dims, a), longAxes(dims, b)];
  return p.every((axis, i) => axis === q[i]);
}

/** The layout in which the long axes lie in the given order: plain or channels last where that is one of those. */
export function layoutOf(dims: readonly number[], order: readonly number[]): Layout {
  const fits = (layout: Layout): boolean =>
    longAxes(dims, layout).every((axis, i) => axis === order[i]);
  const known = [plainLayout(dims.length), channelsLast(dims.length)].find(fits);
  const short = dims.flatMap((d, axis) => (d === 1 ? [axis] : []));
  return known ?? [...short, ...order];
}

/**
 * How a tensor lies when it is given another shape and nothing moves: each run of axes that is split, merged or kept
 * must lie together and in order.
 *
 * @returns undefined where something would have to move
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

/** The shortest runs of long axes on both sides that hold the same number of elements. */
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
