import { float32 } from "../tensor/tensor.js";
import { Canvas } from "./canvas.js";
import { drawColorBar } from "./color-bar.js";
import { colorScale, displayRange, wholeRange, type ColorScale } from "./color-scale.js";
import type { Quantiles } from "./quantiles.js";
import { barHeight } from "./sheet-layout.js";
import { heatmap, overlay, type OverlayOptions } from "./overlay.js";
import type { Raster } from "../image/raster.js";
import { resample } from "../image/resample.js";
import { faint, ink, white } from "./sheet-colors.js";
import { fitText, lineHeight, textWidth, wrapText } from "./text.js";
import { greyPicture } from "./underlay.js";

const margin = 12;
const gap = 12;
const near = 2;
const barWidth = 180;
/** Longest side of a picture, in pixels. */
const longest = 256;

/** Like {@link displayRange}, with a higher upper quantile: salient regions are a smaller part of a volume. */
const cellRange: Quantiles = [displayRange[0], 0.9995];

/** A 2-D section of a map, with the same section of the input. */
export interface Cell {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly map: Float32Array;
  readonly input?: Float32Array;
  /** A marked position, indicated by lines at the edges. */
  readonly mark?: readonly [x: number, y: number];
}

export interface CellSheet {
  readonly cells: readonly Cell[];
  readonly columns: number;
  /** A caption below the pictures. */
  readonly about: string;
  /** Input values shown as black and white, if the input is drawn. */
  readonly grey?: readonly [black: number, white: number];
}

/** Sections of one map side by side, with a common colour scale and a common grey scale. */
export function cellSheet(
  { cells, columns, about, grey }: CellSheet,
  whole: Float32Array,
  options: OverlayOptions = {},
): Raster {
  const { colormap, opacity } = options;
  const range = grey ? cellRange : wholeRange;
  const scale = options.scale ?? colorScale([whole], colormap, range);
  const side = cells.reduce((most, c) => Math.max(most, c.width, c.height), 1);
  const zoom = side > longest ? longest / side : Math.floor(longest / side);
  const sized = cells.map((cell) => ({
    cell,
    width: Math.max(1, Math.round(cell.width * zoom)),
    height: Math.max(1, Math.round(cell.height * zoom)),
  }));
  const cellWidth = Math.max(110, ...sized.map((s) => s.width));
  const rows = Math.ceil(cells.length / columns);
  const heights = Array.from({ length: rows }, (_, r) =>
    Math.max(...sized.slice(r * columns, (r + 1) * columns).map((s) => s.height)),
  );
  const labels = Math.max(...cells.map(({ label }) => wrapText(label, cellWidth, 2).length));
  const labelHeight = labels * lineHeight + near;
  const across = Math.min(columns, cells.length);
  const width = Math.max(2 * margin + across * (cellWidth + gap) - gap, 2 * margin + barWidth);
  const body = heights.reduce((sum, h) => sum + h + labelHeight + gap, margin);
  const isNarrow = width - 2 * margin - barWidth - gap < textWidth(about);
  const foot = barHeight + lineHeight + (isNarrow ? lineHeight : 0) + margin;
  const canvas = new Canvas(width, body + foot, white);

  let y = margin;
  heights.forEach((height, r) => {
    sized.slice(r * columns, (r + 1) * columns).forEach((one, i) => {
      const x = margin + i * (cellWidth + gap);
      wrapText(one.cell.label, cellWidth, 2).forEach((line, n) => {
        canvas.text(line, x, y + n * lineHeight, ink);
      });
      const picture = pictureOf(one.cell, one, scale, grey, opacity);
      canvas.paste(picture, x, y + labelHeight);
      mark(canvas, one.cell, zoom, x, y + labelHeight);
    });
    y += labelHeight + height + gap;
  });
  drawColorBar(canvas, scale, { x: width - margin - barWidth, y, width: barWidth });
  const line = isNarrow ? y + barHeight + lineHeight : y;
  canvas.text(fitText(about, width - 2 * margin), margin, line, faint);
  return canvas;
}

function pictureOf(
  cell: Cell,
  { width, height }: { readonly width: number; readonly height: number },
  scale: ColorScale,
  grey: CellSheet["grey"],
  opacity: number | undefined,
): Raster {
  const map = float32([cell.height, cell.width], cell.map);
  const how = width >= cell.width ? "nearest" : "bilinear";
  if (!grey || !cell.input) return resample(heatmap(map, { scale }), width, height, how);
  const under = resample(greyPicture(cell.input, cell, grey), width, height, how);
  return overlay(under, map, { scale, opacity });
}

/** Short lines from the edges of a picture towards the marked position. */
function mark(canvas: Canvas, cell: Cell, zoom: number, left: number, top: number): void {
  if (!cell.mark) return;
  const [x, y] = cell.mark.map((v) => Math.floor((v + 0.5) * zoom)) as [number, number];
  const [width, height] = [Math.round(cell.width * zoom), Math.round(cell.height * zoom)];
  const reach = Math.max(4, Math.round(Math.min(width, height) / 16));
  const lines = [
    [x, 0, 1, reach],
    [x, height - reach, 1, reach],
    [0, y, reach, 1],
    [width - reach, y, reach, 1],
  ] as const;
  for (const [dx, dy, w, h] of lines) canvas.fill(left + dx, top + dy, w, h, [0, 190, 90]);
}
