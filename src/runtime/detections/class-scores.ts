/**
 * The class of each row of a head with one number per class: whether the numbers are probabilities, and which class is
 * the background.
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
 * The best class of each row [M,K]. The numbers are taken as:
 * - probabilities that sum to 1 in each row, including a background (SSD): the first or the last class, the one that is
 *   largest in more rows;
 * - independent probabilities (YOLO);
 * - logits whose first or last class is the largest in most rows: a softmax with a background (DETR);
 * - other logits: one sigmoid per class (RT-DETR).
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
