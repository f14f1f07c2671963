import { TargetError } from "../../errors.js";
import type { BoxCorners } from "../../target/detection.js";

/** Height and width of the network's input, in pixels. */
interface ImageExtent {
  readonly height: number;
  readonly width: number;
}

/** Rows of four numbers, and the order of those numbers if known. */
export interface BoxRows {
  readonly name: string;
  readonly rows: readonly (readonly number[])[];
  /** Meaning of the four numbers; by default {@link guessOrder}. */
  readonly order?: "corners" | "center" | "y first";
}

/**
 * Converts boxes to corners in pixels of the input. The model's rows are corners, or centre and size, in pixels or as
 * fractions of the image's sides: fractions if no kept row exceeds 2.
 *
 * @param kept indices of the requested rows
 * @throws {TargetError} if a kept row has a negative size: rows may be offsets from anchors, which the file lacks. Corners
 *   that the model itself selected are not checked
 */
export function boxesOf(
  { name, rows, order = guessOrder(rows) }: BoxRows,
  kept: readonly number[],
  { height, width }: ImageExtent,
): readonly BoxCorners[] {
  const isPart = kept.every((row) => rows[row]!.every((v) => Math.abs(v) <= mostParts));
  const [sx, sy] = isPart ? [width, height] : [1, 1];
  return kept.map((row) => {
    const [a, b, c, d] = rows[row] as [number, number, number, number];
    const [x0, y0, x1, y1] =
      order === "corners"
        ? [a, b, c, d]
        : order === "y first"
          ? [b, a, d, c]
          : [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
    const isBox = [x0, y0, x1, y1].every(Number.isFinite) && x1 >= x0 && y1 >= y0;
    if (!isBox && order !== "corners") {
      throw new TargetError(
        `row ${row} of "${name}" is ${rows[row]!.map((v) => Number(v.toPrecision(4))).join(", ")}: neither two corners ` +
          "nor centre and size; if the rows are offsets from anchors, export the model with its box decoding",
      );
    }
    return [x0 * sx, y0 * sy, x1 * sx, y1 * sy];
  });
}

/** Limit of fractions: boxes may extend a little beyond the image, and boxes within two pixels do not occur. */
const mostParts = 2;

/** Corners if no row has its second corner before its first; else centre and size. */
export const guessOrder = (rows: BoxRows["rows"]): "corners" | "center" =>
  rows.every(([a, b, c, d]) => c! >= a! && d! >= b!) ? "corners" : "center";

/** Intersection over union of two boxes. */
export function overlapOf(p: BoxCorners, q: BoxCorners): number {
  const side = (low: 0 | 1, high: 2 | 3): number =>
    Math.max(0, Math.min(p[high], q[high]) - Math.max(p[low], q[low]));
  const area = ([x0, y0, x1, y1]: BoxCorners): number => (x1 - x0) * (y1 - y0);
  const both = side(0, 2) * side(1, 3);
  const either = area(p) + area(q) - both;
  return either > 0 ? both / either : 0;
}

/** A box with its class, for non-maximum suppression. */
interface Candidate {
  readonly box: BoxCorners;
  readonly class: number;
}

/** Non-maximum suppression: drops candidates, sorted best first, whose overlap with a kept one of their class exceeds `most`. */
export function withoutOverlaps<C extends Candidate>(candidates: readonly C[], most: number): C[] {
  const kept: C[] = [];
  for (const candidate of candidates) {
    const isSame = (other: C): boolean =>
      other.class === candidate.class && overlapOf(other.box, candidate.box) > most;
    if (!kept.some(isSame)) kept.push(candidate);
  }
  return kept;
}
