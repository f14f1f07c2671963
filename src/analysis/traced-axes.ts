/**
 * The positions of the image in a value. A feature map [N,C,h,w] has them as axes; tokens [N,h·w,C], channels-last
 * layouts and windows [N·rows·columns, a·b, C] have the same positions in another order. Tracing the axes through the
 * graph determines how to restore them.
 *
 * @module
 */
import { divideDims, multiplyDims, type Dim, type Shape } from "../tensor/shape.js";

/**
 * A factor of an axis: part of the batch, part of one of the image's axes (0 is height), a row of tokens (positions with
 * class tokens before or after them), or other data.
 */
export type Atom =
  | { readonly role: "batch"; readonly size: Dim }
  | { readonly role: "other"; readonly size: Dim; readonly cutFrom?: AxisCut }
  | Place
  | {
      readonly role: "tokens";
      readonly size: Dim;
      readonly before: number;
      readonly positions: TracedAxis;
    };

/** Part of one of the image's axes. */
export interface Place {
  readonly role: "place";
  readonly axis: number;
  readonly size: Dim;
  readonly stride: number;
  /**
   * Offset of a cyclically shifted axis: index p holds the position p + shift. In the units of `stride`; default 0.
   */
  readonly shift?: number;
}

/** A run of positions cut out of their axis. Concatenated with the rest, it is a whole axis again, possibly rolled. */
export interface AxisCut {
  readonly place: Place;
  readonly start: number;
  readonly size: number;
}

/** One axis of a value: its factors, outermost first. */
export type TracedAxis = readonly Atom[];

export type TracedAxes = readonly TracedAxis[];

export const other = (size: Dim): TracedAxis => [{ role: "other", size }];

/** The axes of a value whose batch axis alone may be known. */
export function unknownAxes(shape: Shape, batch: Dim): TracedAxes {
  return shape.map((size, i) =>
    i === 0 && size === batch ? [{ role: "batch", size }] : other(size),
  );
}

/** [N,C,…]: batch, channels, and the image's axes. */
export function axesOfImage(shape: Shape): TracedAxes {
  return shape.map((size, i) => {
    if (i === 0) return [{ role: "batch", size }];
    return i === 1 ? other(size) : [{ role: "place", axis: i - 2, size, stride: 1 }];
  });
}

/** Whether an axis contains positions of the image. */
export const isPlaces = (axis: TracedAxis): boolean =>
  axis.some((a) => a.role === "place" || a.role === "tokens");

/** Whether an axis is exactly one axis of the image, in order. */
export const isWhole = (axis: TracedAxis): boolean => {
  const [atom] = axis;
  return axis.length === 1 && atom?.role === "place" && atom.stride === 1 && !atom.shift;
};

/**
 * An axis that was cut in two and concatenated in reverse order (torch.roll, the shifted windows of Swin).
 *
 * @returns undefined for any other parts
 */
export function rolled(first: TracedAxis, second: TracedAxis): TracedAxis | undefined {
  const [a, b] = [cutOf(first), cutOf(second)];
  if (!a || !b || b.start !== 0 || b.size !== a.start) return undefined;
  const { place } = a;
  const { size, stride, shift = 0 } = place;
  const same = place.axis === b.place.axis && stride === b.place.stride;
  if (!same || shift !== (b.place.shift ?? 0) || a.start + a.size !== size) return undefined;
  return [{ ...place, shift: (shift + a.start * stride) % (size * stride) }];
}

/** An axis that was cut into parts and concatenated in order; undefined for any other parts. */
export function reassembled(parts: readonly (TracedAxis | undefined)[]): TracedAxis | undefined {
  const cuts = parts.map((axis) => axis && cutOf(axis));
  const place = cuts[0]?.place;
  let end = 0;
  for (const cut of cuts) {
    if (!cut || !place || cut.start !== end || !samePlace(cut.place, place)) return undefined;
    end += cut.size;
  }
  return place && end === place.size ? [place] : undefined;
}

const samePlace = (p: Place, q: Place): boolean =>
  p.axis === q.axis && p.size === q.size && p.stride === q.stride && p.shift === q.shift;

/** The axis and range that a part was cut from; undefined if it is not a cut. */
export function cutOf(axis: TracedAxis): AxisCut | undefined {
  const [atom] = axis;
  const isCut = axis.length === 1 && atom?.role === "other" && atom.cutFrom?.size === atom.size;
  return isCut ? atom.cutFrom : undefined;
}

export const extentOf = (axis: TracedAxis): Dim => multiplyDims(...axis.map((a) => a.size));

/** The axes after a reshape; undefined if the new shape does not divide the factors. */
export function reshapeAxes(axes: TracedAxes, shape: Shape): TracedAxes | undefined {
  const pending = joined(axes.flat().filter((a) => a.size !== 1));
  const result: TracedAxis[] = [];
  for (const size of shape) {
    const atoms = takeAtoms(pending, size);
    if (!atoms) return undefined;
    result.push(atoms);
  }
  return pending.length === 0 ? result : undefined;
}

/** Joins adjacent factors that are the outer and inner part of one axis. */
function joined(atoms: readonly Atom[]): Atom[] {
  const result: Atom[] = [];
  for (const atom of atoms) {
    const last = result.at(-1);
    const size = last && multiplyDims(last.size, atom.size);
    if (last?.role === "other" && atom.role === "other") {
      result[result.length - 1] = { role: "other", size: size! };
    } else if (
      last?.role === "place" &&
      atom.role === "place" &&
      last.axis === atom.axis &&
      (last.shift ?? 0) === (atom.shift ?? 0) &&
      last.stride === multiplyDims(atom.stride, atom.size)
    ) {
      result[result.length - 1] = { ...atom, size: size! };
    } else {
      result.push(atom);
    }
  }
  return result;
}

/** Takes factors with the product `size` from the front, splitting the last one if necessary. */
function takeAtoms(pending: Atom[], size: Dim): Atom[] | undefined {
  const taken: Atom[] = [];
  let rest = size;
  while (rest !== 1) {
    const next = pending.shift();
    if (!next) return undefined;
    const left = divideDims(rest, next.size);
    if (multiplyDims(left, next.size) === rest) {
      taken.push(next);
      rest = left;
      continue;
    }
    const inner = divideDims(next.size, rest);
    if (multiplyDims(inner, rest) !== next.size || next.role === "tokens") return undefined;
    const outer = { ...next, size: rest };
    if (outer.role !== "place") taken.push(outer);
    else if (typeof inner === "number") taken.push({ ...outer, stride: outer.stride * inner });
    else return undefined;
    pending.unshift({ ...next, size: inner });
    rest = 1;
  }
  return taken;
}

/** Conversion of a value to [N,C,…spatial]: reshape to its factors, cut, reshape, transpose, reshape. */
export interface Restoration {
  readonly factors: Shape;
  readonly cut: readonly { readonly axis: number; readonly start: number; readonly end: number }[];
  /** The factors after the cut, with rows of tokens split. */
  readonly parts: Shape;
  readonly perm: readonly number[];
  readonly shape: Shape;
  /** For each axis of the image, the number of positions that it was rolled by. */
  readonly rolls: readonly number[];
}

/**
 * The conversion of a value to [N,C,…spatial]; C are the factors that are neither batch nor position.
 *
 * @param rank the number of the image's spatial axes: 2 for a picture
 * @returns undefined if an axis of the image is missing, occurs twice (as in attention) or is incomplete, if the value
 *   has a single position, or if its batch is unknown
 */
export function restoration(axes: TracedAxes, rank: number, batch: Dim): Restoration | undefined {
  if (rank < 1) return undefined;
  const factors = axes.flat();
  const parts = factors.flatMap((a) => (a.role === "tokens" ? a.positions : [a]));
  const indices = (role: Atom["role"]): number[] =>
    parts.flatMap((a, i) => (a.role === role ? [i] : []));
  const positions: number[][] = [];
  const extents: number[] = [];
  const rolls: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const found = parts.flatMap((a, i) =>
      a.role === "place" && a.axis === axis ? [{ a, i }] : [],
    );
    found.sort((p, q) => q.a.stride - p.a.stride);
    const atoms = found.map(({ a }) => a);
    const extent = wholeExtent(atoms);
    const roll = rollOf(atoms);
    if (extent === undefined || roll === undefined) return undefined;
    positions.push(found.map(({ i }) => i));
    extents.push(extent);
    rolls.push(roll);
  }
  const sizeOf = (list: readonly number[]): Dim => multiplyDims(...list.map((i) => parts[i]!.size));
  const [samples, rest] = [indices("batch"), indices("other")];
  const channels = sizeOf(rest);
  if (extents.every((e) => e === 1) || sizeOf(samples) !== batch) return undefined;
  if (typeof channels === "string") return undefined;
  return {
    factors: factors.map((a) => a.size),
    cut: factors.flatMap((a, axis) => {
      if (a.role !== "tokens") return [];
      return [{ axis, start: a.before, end: a.before + Number(extentOf(a.positions)) }];
    }),
    parts: parts.map((a) => a.size),
    perm: [...samples, ...rest, ...positions.flat()],
    shape: [batch, channels, ...extents],
    rolls,
  };
}

/**
 * The extent of one image axis from its parts, outermost first; 1 if there are none, undefined if they have gaps. The
 * positions may be coarse: blocks whose inner parts have become channels.
 */
function wholeExtent(parts: readonly Place[]): number | undefined {
  let extent = 1;
  const unit = parts.at(-1)?.stride ?? 1;
  for (const { stride, size } of parts.toReversed()) {
    if (stride !== unit * extent || typeof size !== "number") return undefined;
    extent *= size;
  }
  return extent;
}

/** The number of positions that the parts of one image axis were rolled by; undefined if they differ. */
function rollOf(parts: readonly Place[]): number | undefined {
  const [{ shift = 0 } = {}] = parts;
  const roll = shift / (parts.at(-1)?.stride ?? 1);
  return Number.isInteger(roll) && parts.every((p) => (p.shift ?? 0) === shift) ? roll : undefined;
}
