import type { Raster } from "../../image/raster.js";
import { Canvas } from "../canvas.js";
import { drawColorBar } from "../color-bar.js";
import type { ColorScale } from "../color-scale.js";
import { ink, white } from "../sheet-colors.js";
import { barHeight } from "../sheet-layout.js";
import { lineHeight, wrapText } from "../text.js";

/** Descriptions below a picture. */
export interface Legend {
  /** Lines of text, each wrapped to the picture's width. */
  readonly caption?: readonly string[] | undefined;
  /** The scale of its colours. */
  readonly scale?: ColorScale | undefined;
}

const padding = 6;

/** Maximum lines to which a line of the caption is wrapped. */
const mostLines = 3;

/** Adds a colour bar and a caption below a picture. */
export function withLegend(picture: Raster, { caption = [], scale }: Legend): Raster {
  if (caption.length === 0 && !scale) return picture;
  const { width, height } = picture;
  const inner = Math.max(2, width - 2 * padding);
  const lines = caption.flatMap((line) => wrapText(line, inner, mostLines));
  const bar = scale ? barHeight + lineHeight + padding : 0;
  const canvas = new Canvas(
    width,
    height + padding + bar + lines.length * lineHeight + padding,
    white,
  );
  canvas.paste(picture, 0, 0);
  if (scale) drawColorBar(canvas, scale, { x: padding, y: height + padding, width: inner });
  lines.forEach((line, i) => {
    canvas.text(line, padding, height + padding + bar + i * lineHeight, ink);
  });
  return canvas;
}
