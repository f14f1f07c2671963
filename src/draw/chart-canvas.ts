import { Canvas, type Color } from "./canvas.js";
import { drawColorBar } from "./color-bar.js";
import { formatTick, type ColorScale } from "./color-scale.js";
import { barHeight } from "./sheet-layout.js";
import type { Raster } from "../image/raster.js";
import { faint, ink, white } from "./sheet-colors.js";
import { fitText, lineHeight, textWidth } from "./text.js";
import { roundTicks } from "./ticks.js";

/** Margins around plots, in pixels: tick labels at the left, half a label at the right, a line above. */
export const left = 62;
export const right = 26;
export const top = 8;
const gap = 6;
const barWidth = 180;

/** Space below the last plot: tick labels, axis name and colour bar. */
export const foot = gap + lineHeight + lineHeight + gap + barHeight + lineHeight + gap;

/** The horizontal axis of a chart. */
export interface ChartAxis {
  readonly name: string;
  /** Number of positions. */
  readonly extent: number;
}

/** A white sheet with a column of plots over one horizontal axis, and a colour bar below them. */
export class Chart {
  readonly canvas: Canvas;
  private readonly width: number;

  /** @param width @param height size of all plots together, in pixels */
  constructor(width: number, height: number) {
    this.width = width;
    this.canvas = new Canvas(left + width + right, top + height + foot, white);
  }

  /** Draws a plot with its top at y, counted from the sheet's top margin. */
  plot(picture: Raster, y: number): void {
    this.canvas.paste(picture, left, top + y);
  }

  /** Draws tick labels at the left of a plot; `placeOf` is 0 at its top and 1 at its bottom. */
  valueTicks(
    values: readonly number[],
    y: number,
    height: number,
    placeOf: (v: number) => number,
  ): void {
    for (const value of values) {
      const at = top + y + Math.round(placeOf(value) * (height - 1));
      this.canvas.fill(left - 5, at, 4, 1, faint);
      const line = Math.max(0, at - lineHeight / 2);
      this.canvas.text(formatTick(value), left - 8, line, faint, "right");
    }
  }

  /** Draws the position labels, the axis name and the colour bar below the plots. */
  close(axis: ChartAxis, scale: ColorScale, about: string): void {
    const bottom = this.canvas.height - foot;
    const last = axis.extent - 1;
    const most = Math.max(2, Math.floor(this.width / 90));
    for (const tick of roundTicks(0, last, most, 1)) {
      const x = left + Math.round(placeInCell(tick, axis.extent) * (this.width - 1));
      this.canvas.fill(x, bottom + 1, 1, 4, faint);
      this.canvas.text(String(tick), x, bottom + gap, faint, "center");
    }
    const name = bottom + gap + lineHeight;
    this.canvas.text(axis.name, left + Math.round(this.width / 2), name, ink, "center");
    const bar = name + lineHeight + gap;
    const width = Math.min(barWidth, this.width);
    drawColorBar(this.canvas, scale, { x: left + this.width - width, y: bar, width });
    const room = this.width - width - 2 * gap;
    if (room > textWidth("…")) this.canvas.text(fitText(about, room), left, bar, faint);
  }

  /** Draws a line of text inside a plot, at its left end. */
  label(text: string, y: number, color: Color): void {
    this.canvas.text(fitText(text, this.width - 2 * gap), left + gap, top + y + 2, color);
  }
}

/** The centre of the i-th of `extent` equal cells, as a fraction from 0 to 1. */
export function placeInCell(i: number, extent: number): number {
  return (i + 0.5) / extent;
}
