import { ImageError } from "../../errors.js";
import { InflatedStream } from "./inflate.js";
import type { Raster } from "../raster.js";

/** The parts of a PNG's chunks that decoding needs. */
export interface Png {
  readonly width: number;
  readonly height: number;
  /** Bits per sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** Samples per pixel: 1 for grey or indexed, 2 for grey with alpha, 3 for RGB, 4 for RGBA. */
  readonly channels: number;
  readonly isInterlaced: boolean;
  /** R, G, B of each index, for indexed pictures. */
  readonly palette?: Uint8Array;
  /** The zlib stream, in pieces. */
  readonly data: readonly Uint8Array[];
}

/** A set of rows stored together: the whole picture, or one of Adam7's seven passes. */
interface InterlacePass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  readonly columns: number;
  readonly lines: number;
}

/** Adam7 (https://www.w3.org/TR/png-3/#8InterlaceMethods): first column and row, column and row steps. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export function passesOf(png: Omit<Png, "data">): readonly InterlacePass[] {
  const { width, height, isInterlaced } = png;
  const starts = isInterlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  return starts
    .map(([left, top, across, down]) => {
      const columns = Math.ceil((width - left) / across);
      return { left, top, across, down, columns, lines: Math.ceil((height - top) / down) };
    })
    .filter(({ columns, lines }) => columns > 0 && lines > 0);
}

/** Bytes of a row without its filter byte. */
export function rowBytes({ channels, depth }: Omit<Png, "data">, columns: number): number {
  return Math.ceil((columns * channels * depth) / 8);
}

/**
 * Decodes to R, G, B; takes the high byte of 16-bit samples and drops alpha.
 *
 * @throws {ImageError} if rows are missing
 */
export async function decodePng(png: Png): Promise<Raster> {
  const { width, height } = png;
  const data = new Uint8Array(width * height * 3);
  const stream = new InflatedStream(png.data);
  const pixel = Math.max(1, (png.channels * png.depth) / 8);
  let done = 0;
  try {
    for (const pass of passesOf(png)) {
      const length = 1 + rowBytes(png, pass.columns);
      let row = new Uint8Array(length);
      let above = new Uint8Array(length);
      for (let line = 0; line < pass.lines; line++, done++) {
        if (!stream.take(row) && (await stream.read(row)) < length) throw missing(png, done);
        unfilter(row, above, pixel);
        const first = (pass.top + line * pass.down) * width + pass.left;
        paint(png, row, pass.columns, data, first * 3, pass.across * 3);
        [row, above] = [above, row];
      }
    }
  } finally {
    stream.close();
  }
  return { width, height, data };
}

function missing(png: Png, done: number): ImageError {
  const rows = passesOf(png).reduce((sum, { lines }) => sum + lines, 0);
  return new ImageError(`its data are truncated or damaged after ${done} of ${rows} rows`);
}

/** Undoes a row's filter in place; byte 0 is the filter type (https://www.w3.org/TR/png-3/#9Filters). */
function unfilter(row: Uint8Array, above: Uint8Array, pixel: number): void {
  const { length } = row;
  switch (row[0]) {
    case 0:
      return;
    case 1:
      for (let i = 1 + pixel; i < length; i++) row[i] = row[i]! + row[i - pixel]!;
      return;
    case 2:
      for (let i = 1; i < length; i++) row[i] = row[i]! + above[i]!;
      return;
    case 3:
      for (let i = 1; i < length; i++) {
        row[i] = row[i]! + (((i > pixel ? row[i - pixel]! : 0) + above[i]!) >> 1);
      }
      return;
    case 4:
      for (let i = 1; i < length; i++) {
        const [left, corner] = i > pixel ? [row[i - pixel]!, above[i - pixel]!] : [0, 0];
        row[i] = row[i]! + paeth(left, above[i]!, corner);
      }
      return;
    default:
      throw new ImageError(`a row has the invalid filter ${row[0]}: the file is damaged`);
  }
}

function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Writes a row's pixels into `data` from `at` on, with `step` bytes between consecutive pixels. */
function paint(
  { channels, depth, palette }: Png,
  row: Uint8Array,
  columns: number,
  data: Uint8Array,
  at: number,
  step: number,
): void {
  const bytes = depth >> 3; // 0 for samples smaller than a byte
  const stride = channels * bytes;
  const isColor = channels >= 3;
  const most = (1 << depth) - 1;
  for (let x = 0, from = 1; x < columns; x++, from += stride, at += step) {
    const bit = x * depth;
    const first = bytes > 0 ? row[from]! : (row[1 + (bit >> 3)]! >> (8 - depth - (bit & 7))) & most;
    if (isColor) {
      data[at] = first;
      data[at + 1] = row[from + bytes]!;
      data[at + 2] = row[from + 2 * bytes]!;
    } else if (palette !== undefined) {
      // An index beyond the palette is black, as in Pillow.
      for (let c = 0; c < 3; c++) data[at + c] = palette[first * 3 + c] ?? 0;
    } else {
      const grey = bytes > 0 ? first : (first * 255) / most;
      data[at] = data[at + 1] = data[at + 2] = grey;
    }
  }
}
