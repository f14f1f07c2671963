import { ShapeError } from "../errors.js";

/**
 * An extent: a number, or a symbol such as "N" for an extent the model leaves open. Products of symbols are stored as
 * sorted monomials ("2*N*T"); other expressions become opaque symbols ("(N+1)").
 */
export type Dim = number | string;

/** A shape, possibly with symbolic extents. */
export type Shape = readonly Dim[];

/** True if every extent is a number. */
export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((d) => typeof d === "number");
}

/** Returns the shape as numbers. @throws {ShapeError} if an extent is symbolic */
export function staticShape(shape: Shape, what: string): readonly number[] {
  if (!isStatic(shape)) {
    throw new ShapeError(`${what} needs a fixed shape, but it is [${shape.join(", ")}]`);
  }
  return shape;
}

/** True if the shapes are equal; symbols are compared by name. */
export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** Number of elements of a static shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Every index into an array of the given extents, row-major. */
export function indicesOf(extents: readonly number[]): readonly (readonly number[])[] {
  return extents.reduce<readonly (readonly number[])[]>(
    (all, extent) => all.flatMap((at) => Array.from({ length: extent }, (_, i) => [...at, i])),
    [[]],
  );
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Maps a possibly negative axis into [0, rank). @throws {ShapeError} if it is out of range */
export function normalizeAxis(axis: number, rank: number, what = "axis"): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(positive) || positive < 0 || positive >= rank) {
    throw new ShapeError(`${what} ${axis} is out of range for rank ${rank}`);
  }
  return positive;
}

/** The broadcast of several shapes by numpy's rules. @throws {ShapeError} if two extents do not match */
export function broadcast(...shapes: readonly Shape[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const result = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((dim, i) => {
      const at = rank - shape.length + i;
      result[at] = broadcastDim(result[at]!, dim, shapes);
    });
  }
  return result;
}

function broadcastDim(a: Dim, b: Dim, shapes: readonly Shape[]): Dim {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  // A symbol beside a number greater than 1 must equal that number or 1; keep the number.
  if (typeof a === "string") return typeof b === "number" ? b : a;
  if (typeof b === "string") return a;
  throw new ShapeError(
    `shapes ${shapes.map((s) => `[${s.join(",")}]`).join(" and ")} cannot be broadcast together`,
  );
}

/** Product of extents. */
export function multiplyDims(...dims: readonly Dim[]): Dim {
  let coefficient = 1;
  const symbols: string[] = [];
  for (const dim of dims) {
    const term = monomial(dim);
    coefficient *= term.coefficient;
    symbols.push(...term.symbols);
  }
  return fromMonomial(coefficient, symbols);
}

/** a / b if b divides a exactly; otherwise an opaque symbol for the floor division. */
export function divideDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") {
    return b === 0 ? 0 : Math.floor(a / b);
  }
  const top = monomial(a);
  const bottom = monomial(b);
  const symbols = [...top.symbols];
  for (const symbol of bottom.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return opaque(a, "/", b);
    symbols.splice(at, 1);
  }
  if (top.coefficient % bottom.coefficient !== 0) return opaque(a, "/", b);
  return fromMonomial(top.coefficient / bottom.coefficient, symbols);
}

/** a + b; an opaque symbol if either is symbolic. */
export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  return opaque(a, "+", b);
}

/** a − b; an opaque symbol if either is symbolic and they differ. */
export function subtractDims(a: Dim, b: Dim): Dim {
  if (a === b) return 0;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return b === 0 ? a : opaque(a, "-", b);
}

function opaque(a: Dim, operator: string, b: Dim): string {
  const text = (d: Dim): string => String(d).replaceAll("*", "·");
  return `(${text(a)}${operator}${text(b)})`;
}

function monomial(dim: Dim): { coefficient: number; symbols: string[] } {
  if (typeof dim === "number") return { coefficient: dim, symbols: [] };
  const [first, ...rest] = dim.split("*");
  const coefficient = Number(first);
  return Number.isInteger(coefficient)
    ? { coefficient, symbols: rest }
    : { coefficient: 1, symbols: [first!, ...rest] };
}

function fromMonomial(coefficient: number, symbols: readonly string[]): Dim {
  if (symbols.length === 0 || coefficient === 0) return coefficient;
  const sorted = [...symbols].sort().join("*");
  return coefficient === 1 ? sorted : `${coefficient}*${sorted}`;
}
