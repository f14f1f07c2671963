import { ImageError } from "../errors.js";
import { Canvas, type Color } from "../draw/canvas.js";
import { drawColorBar } from "../draw/color-bar.js";
import type { ColorScale } from "../draw/color-scale.js";
import type { SequentialColormap } from "../draw/colormap.js";
import { scalesOf, type ScaleChoice } from "./compared-scales.js";
import type { ComparedMap, ComparedRow, Comparison } from "./comparison.js";
import { fitPicture } from "./fit-picture.js";
import { margin, near, sheetLayout, type SheetLayout } from "../draw/sheet-layout.js";
import { heatmap, overlay, type OverlayOptions } from "../draw/overlay.js";
import type { Raster } from "../image/raster.js";
import { blank, faint, ink, white } from "../draw/sheet-colors.js";
import { fitText, lineHeight, wrapText } from "../draw/text.js";

export interface MontageOptions {
  /** For unsigned maps; signed ones use "rdbu". Default "inferno". */
  readonly colormap?: SequentialColormap | undefined;
  /** Opacity, as in an overlay. */
  readonly opacity?: number | undefined;
  /** Default "own". */
  readonly scale?: ScaleChoice | undefined;
  /** The longer side of a picture on the sheet, in pixels. Default 176. */
  readonly cell?: number | undefined;
  /** Whether maps are drawn over the images, or alone in full colour. Default true. */
  readonly photograph?: boolean | undefined;
}

/**
 * A sheet of maps: one row per image, with the image at its left end and its caption below, and one column per method.
 * Methods beyond eight continue below, with the images repeated. A colour bar below each map (below each column, if a
 * method's maps share a scale) shows the range of values.
 *
 * @throws {ImageError} if the sheet would exceed the size limit of pictures
 */
export function montage(comparison: Comparison, options: MontageOptions = {}): Raster {
  const { scale: choice = "own", cell = 176, colormap, photograph = true, opacity } = options;
  const { title, methods, rows } = comparison;
  const layout = sheetLayout({
    methods: methods.length,
    rows: rows.length,
    captionLines: Math.max(0, ...rows.map((row) => row.caption.length)),
    cell,
    shared: choice === "shared",
  });
  const sheet = new Sheet(layout, cell);
  const scales = scalesOf(comparison, choice, colormap);
  sheet.line(title, margin, ink);
  for (const band of layout.bands) {
    rows.forEach((row, r) => {
      sheet.image(row, layout.rowAt(band, r));
    });
    band.columns.forEach((m, i) => {
      const x = layout.columnAt(i + 1);
      sheet.caption(methods[m]!.name, x, band.top);
      rows.forEach((row, r) => {
        const [y, scale] = [layout.rowAt(band, r), scales[r]![m]];
        const view = photograph ? row.view : undefined;
        sheet.map(row.maps[m]!, x, y, {
          ...(view ? { view } : {}),
          ...(scale ? { scale } : {}),
          opacity,
        });
        if (scale && choice === "own") sheet.bar(scale, x, y + cell + near);
      });
      const shared = scales.map((row) => row[m]).find((scale) => scale !== undefined);
      if (shared && choice === "shared") sheet.bar(shared, x, band.foot);
    });
  }
  sheet.line(legend(comparison, choice), layout.height - margin - lineHeight, faint);
  return sheet.canvas;
}

/** The meaning of the colours, in one line. */
function legend({ methods }: Comparison, choice: ScaleChoice): string {
  const each = choice === "own" ? "each map has its own scale" : "a method's maps share a scale";
  const signed = methods.some((m) => m.signed) ? "; signed maps: red for, blue against" : "";
  return `Colours: ${each}, from the 1st to the 99.5th percentile${signed}`;
}

/** Draws the parts of a montage at the positions of the layout. */
class Sheet {
  readonly canvas: Canvas;
  private readonly layout: SheetLayout;
  private readonly cell: number;

  constructor(layout: SheetLayout, cell: number) {
    this.canvas = new Canvas(layout.width, layout.height, white);
    this.layout = layout;
    this.cell = cell;
  }

  /** A line of text over the whole width. */
  line(text: string, y: number, color: Color): void {
    this.canvas.text(fitText(text, this.layout.width - 2 * margin), margin, y, color);
  }

  caption(text: string, x: number, y: number, color = ink): void {
    this.canvas.text(fitText(text, this.cell), x, y, color);
  }

  image({ view, caption }: ComparedRow, y: number): void {
    const x = this.layout.columnAt(0);
    if (view) this.picture(view, x, y);
    else this.notice("no picture", x, y);
    caption.forEach((text, i) => {
      this.caption(text, x, y + this.cell + near + i * lineHeight, i === 0 ? ink : faint);
    });
  }

  map(
    compared: ComparedMap,
    x: number,
    y: number,
    { view, ...options }: OverlayOptions & { readonly view?: Raster },
  ): void {
    if ("problem" in compared) {
      this.notice(compared.problem, x, y);
      return;
    }
    try {
      const { map } = compared;
      this.picture(view ? overlay(view, map, options) : heatmap(map, options), x, y);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      this.notice(error.message, x, y);
    }
  }

  bar(scale: ColorScale, x: number, y: number): void {
    drawColorBar(this.canvas, scale, { x, y, width: this.cell });
  }

  /** A picture centred in its square. */
  private picture(picture: Raster, x: number, y: number): void {
    const fitted = fitPicture(picture, this.cell);
    const left = x + Math.floor((this.cell - fitted.width) / 2);
    this.canvas.paste(fitted, left, y + Math.floor((this.cell - fitted.height) / 2));
  }

  /** Text instead of a picture. */
  private notice(text: string, x: number, y: number): void {
    this.canvas.fill(x, y, this.cell, this.cell, blank);
    const most = Math.floor((this.cell - gapInside) / lineHeight);
    wrapText(text, this.cell - gapInside, most).forEach((line, i) => {
      this.canvas.text(line, x + gapInside / 2, y + gapInside / 2 + i * lineHeight, faint);
    });
  }
}

const gapInside = 12;
