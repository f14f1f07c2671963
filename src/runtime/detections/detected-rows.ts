/**
 * Recognises boxes, scores and classes among the outputs of a detector by shape, type and values.
 *
 * @module
 */
import { TargetError } from "../../errors.js";
import { isFloat } from "../../tensor/dtype.js";
import { toNumbers, type Tensor, type Tensors } from "../../tensor/tensor.js";
import { bestClasses } from "./class-scores.js";
import { guessOrder, type BoxRows } from "./boxes.js";

/** A row's class and score, with the position of the score. */
export interface ScoredRow {
  readonly class: number;
  readonly score: number;
  /** Row-major index of the score in {@link DetectedRows.value}. */
  readonly at: number;
  /** Row-major index of the row's objectness, if the class scores are conditional on it. */
  readonly objectness?: number;
}

export interface DetectedRows {
  readonly boxes: BoxRows;
  readonly rows: readonly ScoredRow[];
  /** The value that holds the scores. */
  readonly value: string;
  /** Whether the model has already suppressed overlapping rows. */
  readonly isChosen: boolean;
}

/** A tensor as rows of numbers, under its name. */
interface Table {
  readonly name: string;
  readonly isReal: boolean;
  /** Without the axis of a single sample and inner axes of extent 1. */
  readonly dims: readonly number[];
  readonly numbers: readonly number[];
}

/** Whether column 4 of a row of numbers is the objectness. */
export type HasObjectness = (value: string, first: number, second: number) => Promise<boolean>;

/**
 * The rows of a detector's outputs.
 *
 * @param regions boxes [M,4] at which the model samples features, one per row; used if no output contains boxes
 * @param hasObjectness called for a head [N,5+K] or [4+K,N], with the indices of columns 4 and 5 of its first row
 * @throws {TargetError} if the outputs are not boxes with scores; lists them
 */
export async function rowsOfDetector(
  outputs: Tensors,
  regions: Tensors,
  hasObjectness: HasObjectness,
): Promise<DetectedRows> {
  const [tables, positions] = [tablesOf(outputs), tablesOf(regions)];
  const found =
    separateRows(tables, tables) ??
    chosenRows(tables) ??
    (await rawRows(tables, hasObjectness)) ??
    separateRows(positions, tables);
  if (found) return found;
  const listed = [...outputs].map(([name, { dims }]) => `"${name}" [${dims.join(",")}]`).join(", ");
  throw new TargetError(
    `no detections can be read from ${listed}: they need boxes [M,4] with scores [M] or [M,K], rows [M,6] of box, score ` +
      "and class, or a head [1,4+K,M] or [1,M,5+K]",
  );
}

const tablesOf = (values: Tensors): Table[] =>
  [...values].flatMap(([name, t]) => (t.dtype === "string" ? [] : [tableOf(name, t)]));

function tableOf(name: string, t: Tensor): Table {
  const dims = t.dims.length > 2 && t.dims[0] === 1 ? t.dims.slice(1) : t.dims;
  const isSplit = dims.length === 3 && dims[1] === 1;
  return {
    name,
    isReal: isFloat(t.dtype),
    dims: isSplit ? [dims[0]!, dims[2]!] : dims,
    numbers: Array.from(toNumbers(t)),
  };
}

/** Boxes [M,4] in one output and scores in another: one per row with the classes in a third output, or one per class. */
function separateRows(
  positions: readonly Table[],
  tables: readonly Table[],
): DetectedRows | undefined {
  const boxes = positions
    .filter(({ isReal, dims }) => isReal && dims.length === 2 && dims[1] === 4)
    .sort((p, q) => Number(/box/i.test(q.name)) - Number(/box/i.test(p.name)));
  for (const table of boxes) {
    const others = tables.filter((other) => other !== table);
    const found = rowScores(table, others) ?? classScores(table, others);
    if (found) return found;
  }
  return undefined;
}

function rowScores(boxes: Table, others: readonly Table[]): DetectedRows | undefined {
  const [count] = boxes.dims as [number];
  // One number per row: [M], [1,M] or [M,1].
  const columns = others.filter(
    ({ dims, numbers }) => numbers.length === count && dims.includes(count),
  );
  const areClasses = ({ isReal, numbers }: Table): boolean =>
    !isReal || numbers.every((v) => Number.isInteger(v));
  const scores =
    columns.find((table) => table.isReal && !areClasses(table)) ??
    columns.find(({ isReal }) => isReal);
  if (!scores) return undefined;
  const classes = columns.find((table) => table !== scores && areClasses(table));
  const rows = scores.numbers.map((score, at) => ({ class: classes?.numbers[at] ?? 0, score, at }));
  const order = boxes.name === "detection_boxes" ? "y first" : guessOrder(rowsOf(boxes));
  return { boxes: boxRows(boxes, order), rows, value: scores.name, isChosen: true };
}

function classScores(boxes: Table, others: readonly Table[]): DetectedRows | undefined {
  const [count] = boxes.dims as [number];
  const scores = others.find(
    ({ isReal, dims, name }) =>
      isReal &&
      dims.length === 2 &&
      dims[0] === count &&
      (dims[1] !== 4 || /score|logit|class|prob|conf/i.test(name)),
  );
  if (!scores) return undefined;
  const width = scores.dims[1]!;
  const rows = bestClasses(rowsOf(scores)).map(({ class: index, score }, row) => ({
    class: index,
    score,
    at: row * width + index,
  }));
  return { boxes: boxRows(boxes), rows, value: scores.name, isChosen: false };
}

/** Columns of box, score and class in an output [M,6] or [M,7]. */
interface RowLayout {
  readonly box: number;
  readonly score: number;
  readonly class: number;
}

const layouts: readonly (RowLayout & { readonly width: number })[] = [
  { width: 6, box: 0, score: 4, class: 5 },
  { width: 6, box: 2, score: 1, class: 0 },
  { width: 7, box: 1, score: 6, class: 5 },
  { width: 7, box: 3, score: 2, class: 1 },
];

/** Rows selected by the model: the first layout that classes, scores and boxes of all rows fit, else classes and scores. */
function chosenRows(tables: readonly Table[]): DetectedRows | undefined {
  for (const table of tables.filter(({ isReal, dims }) => isReal && dims.length === 2)) {
    const rows = rowsOf(table);
    const width = table.dims[1]!;
    const isScored = ({ class: index, score }: RowLayout): boolean =>
      rows.every((row) => Number.isInteger(row[index]) && row[score]! <= 1);
    const isBoxed = ({ box }: RowLayout): boolean =>
      rows.every((row) => row[box + 2]! >= row[box]! && row[box + 3]! >= row[box + 1]!);
    const possible = layouts.filter((layout) => layout.width === width && isScored(layout));
    const layout = possible.find(isBoxed) ?? possible[0];
    if (!layout) continue;
    return {
      boxes: {
        name: table.name,
        rows: rows.map((row) => row.slice(layout.box, layout.box + 4)),
        order: "corners",
      },
      rows: rows.map((row, i) => ({
        class: row[layout.class]!,
        score: row[layout.score]!,
        at: i * width + layout.score,
      })),
      value: table.name,
      isChosen: true,
    };
  }
  return undefined;
}

/** A raw head: [M,5+K] with objectness, [4+K,M] or [M,4+K] without. The rows are the longer axis. */
async function rawRows(
  tables: readonly Table[],
  hasObjectness: HasObjectness,
): Promise<DetectedRows | undefined> {
  const table = tables.find(
    ({ isReal, dims }) => isReal && dims.length === 2 && Math.min(...dims) > 4,
  );
  if (!table) return undefined;
  const [rowCount, columnCount] = table.dims as [number, number];
  const isTurned = rowCount < columnCount;
  const [count, width] = isTurned ? [columnCount, rowCount] : [rowCount, columnCount];
  const place = (row: number, column: number): number =>
    isTurned ? column * count + row : row * width + column;
  const number = (row: number, column: number): number => table.numbers[place(row, column)]!;
  const isObject = width > 5 && (await hasObjectness(table.name, place(0, 4), place(0, 5)));
  const first = isObject ? 5 : 4;
  const all = Array.from({ length: count }, (_, row) => row);
  const columns = (from: number, to: number) => (row: number) =>
    Array.from({ length: to - from }, (_, i) => number(row, from + i));
  const rows = bestClasses(all.map(columns(first, width))).map(({ class: index, score }, row) => ({
    class: index,
    score: isObject ? score * number(row, 4) : score,
    at: place(row, first + index),
    ...(isObject ? { objectness: place(row, 4) } : {}),
  }));
  const boxes = { name: table.name, rows: all.map(columns(0, 4)) };
  return { boxes, rows, value: table.name, isChosen: false };
}

function rowsOf({ dims, numbers }: Table): number[][] {
  const [count, width] = dims as [number, number];
  return Array.from({ length: count }, (_, row) => numbers.slice(row * width, (row + 1) * width));
}

const boxRows = (table: Table, order?: BoxRows["order"]): BoxRows => ({
  name: table.name,
  rows: rowsOf(table),
  ...(order === undefined ? {} : { order }),
});
