import { lineHeight } from "./text.js";

/** Space around a sheet, between its pictures, and between a picture and what belongs to it, in pixels. */
export const margin = 12;
export const gap = 10;
export const near = 3;
export const barHeight = 6;

/** Methods side by side; more of them go on below. */
export const mostColumns = 8;

/** What a sheet's measures follow from. */
export interface SheetContents {
  readonly methods: number;
  readonly rows: number;
  /** The most lines that any image's caption has. */
  readonly captionLines: number;
  /** The longer side of a picture. */
  readonly cell: number;
  /** Colour bars stand below each column, not below each map. */
  readonly shared: boolean;
}

/** Some of the methods, side by side for all images. */
export interface Band {
  /** The methods' places in the comparison. */
  readonly columns: readonly number[];
  /** Where its headings are. */
  readonly top: number;
  /** Where the shared colour bars are. */
  readonly foot: number;
}

/** Where everything is on a sheet, in pixels from its top left. */
export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly Band[];
  /** Left edge of a column; the images are column 0. */
  columnAt(column: number): number;
  /** Top edge of a row's pictures within a band. */
  rowAt(band: Band, row: number): number;
}

/**
 * The measures of a sheet: headings, rows and bars of each band, one below the other, a title above and a line below.
 * Methods are spread evenly over the bands.
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
