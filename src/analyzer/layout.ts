/**
 * Where the places of the image lie in a value. A feature map [N,C,h,w] shows them plainly; a network that works on
 * tokens [N,h·w,C], with channels last, or in windows [N·rows·columns, a·b, C] holds the same places in another order.
 * Following the axes through the graph tells how to put them back.
 *
 * @module
 */
import { divideDims, multiplyDims, type Dim, type Shape } from "../tensor/shape.js";

/**
 * A factor of an axis: part of the batch, part of one of the image's axes (0 is height), a row of tokens (places with
 * class tokens before or after them), or anything else.
 */
export type Atom =
  | { readonly role: "batch" | "other"; readonly size: Dim }
  | { readonly role: "place"; readonly axis: number; readonly size: Dim; readonly stride: number }
  | { readonly role: "tokens"; readonly size: Dim; readonly before: number; readonly places: Axis };

/** One axis of a value: its factors, outermost first. */
export type Axis = readonly Atom[];

export type Layout = readonly Axis[];

export const other = (size: Dim): Axis => [{ role: "other", size }];

/** A value of which only the batch axis is known, if that. */
export function unknownLayout(shape: Shape, batch: Dim): Layout {
  return shape.map((size, i) =>
    i === 0 && size === batch ? [{ role: "batch", size }] : other(size),
  );
}

/** [N,C,…]: batch, channels, and the image's axes. */
export function imageLayout(shape: Shape): Layout {
  return shape.map((size, i) => {
    if (i === 0) return [{ role: "batch", size }];
    return i === 1 ? other(size) : [{ role: "place", axis: i - 2, size, stride: 1 }];
  });
}

/** Whether an axis holds places of the image. */
export const isPlaces = (axis: Axis): boolean =>
  axis.some((a) => a.role === "place" || a.role === "tokens");

/** Whether an axis is all of one axis of the image, in order. */
export const isWhole = (axis: Axis): boolean =>
  axis.length === 1 && axis[0]!.role === "place" && axis[0]!.stride === 1;

export const extentOf = (axis: Axis): Dim => multiplyDims(...axis.map((a) => a.size));

/** The layout after a reshape, or undefined where axes are cut across. */
export function reshapeLayout(layout: Layout, shape: Shape): Layout | undefined {
  const pending = layout.flat().filter((a) => a.size !== 1);
  const result: Axis[] = [];
  for (const size of shape) {
    const atoms = takeAtoms(pending, size);
    if (!atoms) return undefined;
    result.push(atoms);
  }
  return pending.length === 0 ? result : undefined;
}

/** Takes factors of together `size` from the front, splitting the last one where it is more than is wanted. */
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
    const divides = typeof inner === "number" && multiplyDims(inner, rest) === next.size;
    if (!divides || next.role === "tokens") return undefined;
    const outer = { ...next, size: rest };
    taken.push(outer.role === "place" ? { ...outer, stride: outer.stride * inner } : outer);
    pending.unshift({ ...next, size: inner });
    rest = 1;
  }
  return taken;
}

/** How to bring a value into the form [N,C,…places]: reshape to its factors, cut, reshape, transpose, reshape. */
export interface Restoration {
  readonly factors: Shape;
  readonly cut: readonly { readonly axis: number; readonly start: number; readonly end: number }[];
  /** The factors after the cut, rows of tokens taken apart. */
  readonly parts: Shape;
  readonly perm: readonly number[];
  readonly shape: Shape;
}

/**
 * How the places of a value come back to [N,C,…], C being everything that is neither batch nor place.
 *
 * @param rank how many axes the image has: 2 for a picture
 * @returns undefined where an axis of the image is missing, is there twice (as in attention), or not whole; where the
 *   value has one place only; or where its batch cannot be told
 */
export function restoration(layout: Layout, rank: number, batch: Dim): Restoration | undefined {
  if (rank < 1) return undefined;
  const factors = layout.flat();
  const parts = factors.flatMap((a) => (a.role === "tokens" ? a.places : [a]));
  const indices = (role: Atom["role"]): number[] =>
    parts.flatMap((a, i) => (a.role === role ? [i] : []));
  const places: number[][] = [];
  const extents: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const found = parts.flatMap((a, i) =>
      a.role === "place" && a.axis === axis ? [{ a, i }] : [],
    );
    found.sort((p, q) => q.a.stride - p.a.stride);
    const extent = wholeExtent(found.map(({ a }) => a));
    if (extent === undefined) return undefined;
    places.push(found.map(({ i }) => i));
    extents.push(extent);
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
      return [{ axis, start: a.before, end: a.before + Number(extentOf(a.places)) }];
    }),
    parts: parts.map((a) => a.size),
    perm: [...samples, ...rest, ...places.flat()],
    shape: [batch, channels, ...extents],
  };
}

/** The extent that the parts of one image axis, outermost first, make up without gap. 1 where there are none. */
function wholeExtent(parts: readonly { size: Dim; stride: number }[]): number | undefined {
  let stride = 1;
  for (const part of parts.toReversed()) {
    if (part.stride !== stride || typeof part.size !== "number") return undefined;
    stride *= part.size;
  }
  return stride;
}
