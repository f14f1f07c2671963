import { inMemory } from "../layout.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** Data movement: slices, padding, gathers. Axes and extents are those of the graph. */

export function slice(
  w: TfOpBuilder,
  x: Operand,
  begin: readonly number[],
  size: readonly number[],
): Operand {
  if (size.every((d, i) => d === x.dims[i])) return x;
  const shape = inMemory(size, x.layout);
  const parts = x.layout.map((axis) => [begin[axis]!, size[axis]!] as const);
  const isWhole = (i: number): boolean => size[x.layout[i]!] === x.dims[x.layout[i]!];
  const few = fewAxes(inMemory(x.dims, x.layout), parts, isWhole);
  const cut = few.pairs.map(([, length]) => length);
  const attributes = { begin: few.pairs.map(([start]) => start), size: cut };
  const flat = w.emitReshape(x.id, x.type, inMemory(x.dims, x.layout), few.lengths);
  const id = w.emitReshape(w.emit("Slice", [flat], attributes, x.type, cut), x.type, cut, shape);
  return { id, type: x.type, dims: size, layout: x.layout };
}

/** Slices one axis. */
export function sliceAxis(
  w: TfOpBuilder,
  x: Operand,
  axis: number,
  begin: number,
  size: number,
): Operand {
  return slice(
    w,
    x,
    x.dims.map((_, i) => (i === axis ? begin : 0)),
    x.dims.with(axis, size),
  );
}

/**
 * Every n-th element along each axis, from the first. Uses reshapes: StridedSlice takes 25 times as long on wasm.
 */
export function subsample(w: TfOpBuilder, x: Operand, steps: readonly number[]): Operand {
  if (steps.every((s) => s === 1)) return x;
  const counts = x.dims.map((d, i) => Math.ceil(d / steps[i]!));
  const whole = counts.map((c, i) => c * steps[i]!);
  const filled = pad(
    w,
    x,
    whole.map(() => 0),
    whole.map((d, i) => d - x.dims[i]!),
  );
  const split = counts.flatMap((c, i) => (steps[i] === 1 ? [c] : [c, steps[i]!]));
  const firsts = counts.flatMap((c, i) => (steps[i] === 1 ? [c] : [c, 1]));
  const parts = w.reshape(filled, split);
  return w.reshape(
    slice(
      w,
      parts,
      split.map(() => 0),
      firsts,
    ),
    counts,
  );
}

/** Pads; negative amounts crop. */
export function pad(
  w: TfOpBuilder,
  x: Operand,
  begins: readonly number[],
  ends: readonly number[],
  value = 0,
): Operand {
  const start = begins.map((b) => Math.max(0, -b));
  const kept = x.dims.map((d, i) => d - start[i]! - Math.max(0, -ends[i]!));
  const cut = slice(w, x, start, kept);
  const added = begins.map((b, i) => [Math.max(0, b), Math.max(0, ends[i]!)] as const);
  if (added.every(([b, e]) => b + e === 0)) return cut;
  const dims = kept.map((d, i) => d + added[i]![0] + added[i]![1]);
  const [lengths, shape] = [inMemory(kept, x.layout), inMemory(dims, x.layout)];
  const isWhole = (i: number): boolean => lengths[i] === shape[i];
  const few = fewAxes(lengths, inMemory(added, x.layout), isWhole);
  const padded = few.lengths.map((d, i) => d + few.pairs[i]![0] + few.pairs[i]![1]);
  const flat = w.emitReshape(cut.id, x.type, lengths, few.lengths);
  const wide = w.emit("PadV2", [flat], { paddings: few.pairs, value }, x.type, padded);
  const id = w.emitReshape(wide, x.type, padded, shape);
  return { id, type: x.type, dims, layout: x.layout };
}

type Pair = readonly [number, number];

/**
 * Merges axes if there are more than four, which kernels handle slowly or not at all: an unaffected axis is merged
 * into the preceding one, whose amounts are scaled accordingly.
 */
function fewAxes(
  lengths: readonly number[],
  pairs: readonly Pair[],
  isWhole: (axis: number) => boolean,
): { lengths: readonly number[]; pairs: readonly Pair[] } {
  if (lengths.length <= 4) return { lengths, pairs };
  const joined: { length: number; pair: Pair }[] = [];
  lengths.forEach((length, i) => {
    const last = joined.at(-1);
    if (!last || !isWhole(i)) joined.push({ length, pair: pairs[i]! });
    else {
      last.length *= length;
      last.pair = [last.pair[0] * length, last.pair[1] * length];
    }
  });
  return { lengths: joined.map((j) => j.length), pairs: joined.map((j) => j.pair) };
}

export function concat(w: TfOpBuilder, parts: readonly Operand[], axis: number): Operand {
  const filled = parts.filter((p) => p.dims[axis] !== 0);
  if (filled.length <= 1) return filled[0] ?? parts[0]!;
  const aligned = w.align(filled);
  const { type, dims: first, layout } = aligned[0]!;
  const dims = first.with(
    axis,
    aligned.reduce((n, p) => n + p.dims[axis]!, 0),
  );
  const ids = aligned.map((p) => p.id);
  const at = { axis: layout.indexOf(axis) };
  const id = w.emit("ConcatV2", ids, at, type, inMemory(dims, layout));
  return { id, type, dims, layout };
}

/** Reverses axes. */
export function reverse(w: TfOpBuilder, x: Operand, axes: readonly number[]): Operand {
  const long = axes.filter((axis) => x.dims[axis] !== 1);
  if (long.length === 0) return x;
  if (!w.isStill(x) || long.some((axis) => x.dims[axis]! > 16)) {
    return w.map("ReverseV2", x, { axis: long.map((axis) => x.layout.indexOf(axis)) });
  }
  // Kernels: with short axes first in memory, whole blocks are reordered. ReverseV2 takes 30 ns per element on wasm.
  const outer = w.arrange(x, [...axes, ...x.layout.filter((axis) => !axes.includes(axis))]);
  return long.reduce((y, axis) => {
    const last = y.dims[axis]! - 1;
    return pick(
      w,
      y,
      axis,
      Array.from({ length: last + 1 }, (_, i) => last - i),
    );
  }, outer);
}

/** Selects a few elements along an axis with one slice each. */
export function pick(
  w: TfOpBuilder,
  x: Operand,
  axis: number,
  positions: readonly number[],
): Operand {
  return concat(
    w,
    positions.map((at) => sliceAxis(w, x, axis, at, 1)),
    axis,
  );
}

/** Gathers along an axis with 1-D, non-negative indices. */
export function gather(w: TfOpBuilder, x: Operand, indices: Operand, axis: number): Operand {
  const dims = x.dims.with(axis, indices.dims[0]!);
  const at = { axis: x.layout.indexOf(axis) };
  const id = w.emit("GatherV2", [x.id, indices.id], at, x.type, inMemory(dims, x.layout));
  return { id, type: x.type, dims, layout: x.layout };
}

export function tile(w: TfOpBuilder, x: Operand, repeats: readonly number[]): Operand {
  if (repeats.every((r) => r === 1)) return x;
  const dims = x.dims.map((d, i) => d * repeats[i]!);
  const attributes = { multiples: inMemory(repeats, x.layout) };
  const id = w.emit("Tile", [x.id], attributes, x.type, inMemory(dims, x.layout));
  return { id, type: x.type, dims, layout: x.layout };
}
