/**
 * The class of each row of a head that gives a number for every class: which of them are probabilities, and which one
 * means that nothing is there.
 *
 * @module
 */

import { softmax } from "../../tensor/softmax.js";

/** The best class of a row, and its probability. */
export interface BestClass {
  readonly class: number;
  readonly score: number;
}

/**
 * The best class of each row [M,K], by what the numbers are:
 * - probabilities that add up to one in each row, one of them that of the background (SSD), which is the first or the
 *   last class, whichever leads in more rows;
 * - independent probabilities (YOLO);
 * - logits whose first or last class leads in most rows: a softmax with a background (DETR);
 * - other logits: a sigmoid each (RT-DETR).
 */
export function bestClasses(rows: readonly (readonly number[])[]): readonly BestClass[] {
  const width = rows[0]?.length ?? 0;
  const areProbabilities = rows.every((row) => row.every((v) => v >= 0 && v <= 1));
  const areShares =
    areProbabilities && width > 1 && rows.every((row) => Math.abs(sum(row) - 1) < 1e-3);
  const [first, last] = [0, width - 1].map(
    (end) => rows.filter((row) => leader(row) === end).length,
  );
  const background = first! >= last! ? 0 : width - 1;
  const hasBackground = width > 1 && (areShares || Math.max(first!, last!) * 2 > rows.length);
  if (areShares) return rows.map((row) => best(row, background));
  if (areProbabilities) return rows.map((row) => best(row));
  if (hasBackground) return rows.map((row) => best(softmax(row), background));
  return rows.map((row) => best(row.map((v) => 1 / (1 + Math.exp(-v)))));
}

function best(row: readonly number[], without?: number): BestClass {
  const open = without === undefined ? row : row.with(without, -Infinity);
  const found = leader(open);
  return { class: found, score: open[found]! };
}

const sum = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);

const leader = (row: readonly number[]): number =>
  row.reduce((at, v, i) => (v > row[at]! ? i : at), 0);
