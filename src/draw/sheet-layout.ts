import { lineHeight } from "./text.js";

/** Space around a sheet, between its pictures, and between a picture and its labels, in pixels. */
export const margin = 12;
export const gap = 10;
export const near = 3;
export const barHeight = 6;

/** Maximum methods side by side; further methods continue in the next band. */
export const mostColumns = 8;

/** The contents that determine a sheet's size. */
export interface SheetContents {
  readonly methods: number;
  readonly rows: number;
  /** Maximum caption lines of any image. */
  readonly captionLines: number;
  /** Longer side of a picture, in pixels. */
  readonly cell: number;
  /** True for one colour bar per column, false for one per map. */
  readonly shared: boolean;
}

/** A group of methods shown side by side for all images. */
export interface Band {
  /** Indices of the methods in the comparison. */
  readonly columns: readonly number[];
  /** Top of the headings. */
  readonly top: number;
  /** Top of the shared colour bars. */
  readonly foot: number;
}

/** Positions on a sheet, in pixels from its top left. */
export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly Band[];
  /** Left edge of a column; images are in column 0. */
  columnAt(column: number): number;
  /** Top edge of a row's pictures within a band. */
  rowAt(band: Band, row: number): number;
}

/**
 * Computes the layout of a sheet: a title, then headings, rows and colour bars of each band, then a footer. Methods
 * are distributed evenly over the bands.
 */
export function sheetLayout(contents: SheetContents): SheetLayout {
  const { methods, rows, captionLines, cell, shared } = contents;
  const bandCount = Math.max(1, Math.ceil(methods / mostColumns));
  const columns = Math.ceil(methods / bandCount);
  const bar = near + barHeight + lineHeight;
  const below = Math.max(near + captionLines * lineHeight, shared ? 0 : bar);
  const rowHeight = cell + below + gap;
  const heading = lineHeight + near;
  const bandHeight = heading + rows * rowHeight + (shared ? bar : 0);
  const first = margin + lineHeight + gap;
  const bands = Array.from({ length: bandCount }, (_, i): Band => {
    const top = first + i * (bandHeight + gap);
    const all = Array.from({ length: methods }, (_, method) => method);
    return {
      columns: all.slice(i * columns, (i + 1) * columns),
      top,
      foot: top + heading + rows * rowHeight,
    };
  });
  return {
    width: 2 * margin + (columns + 1) * cell + columns * gap,
    height: first + bandCount * (bandHeight + gap) + lineHeight + margin,
    bands,
    columnAt: (column) => margin + column * (cell + gap),
    rowAt: (band, row) => band.top + heading + row * rowHeight,
  };
}
