import type { Canvas } from "./canvas.js";
import { formatTick, type ColorScale } from "./color-scale.js";
import { colorsOf } from "./colormap.js";
import { barHeight } from "./sheet-layout.js";
import { faint } from "./sheet-colors.js";

/** Draws a colour bar labelled with both ends, and with zero if the scale is symmetric. */
export function drawColorBar(
  canvas: Canvas,
  { colormap, low, high }: ColorScale,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): void {
  const colors = colorsOf(colormap);
  for (let i = 0; i < width; i++) {
    const at = Math.round((i / (width - 1)) * 255) * 3;
    canvas.fill(x + i, y, 1, barHeight, [colors[at]!, colors[at + 1]!, colors[at + 2]!]);
  }
  const below = y + barHeight;
  canvas.text(formatTick(low), x, below, faint);
  if (low < 0 && low === -high) {
    canvas.text("0", x + Math.round(width / 2), below, faint, "center");
  }
  canvas.text(formatTick(high), x + width, below, faint, "right");
}
