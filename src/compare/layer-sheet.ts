import { Canvas, type Color } from "../draw/canvas.js";
import { colorScale, formatTick } from "../draw/color-scale.js";
import type { ComparedRow, LayerPart, LayerParts } from "./comparison.js";
import { fitPicture } from "./fit-picture.js";
import { gap, margin, near } from "../draw/sheet-layout.js";
import { heatmap } from "../draw/overlay.js";
import type { Raster } from "../image/raster.js";
import { faint, ink, negative, positive, white } from "../draw/sheet-colors.js";
import { fitTextEnd, lineHeight, textWidth } from "../draw/text.js";

/**
 * Side of a layer's map in pixels, a multiple of the common layer sizes 7, 14, 28 and 56; and the number of maps side
 * by side.
 */
const cell = 112;
const columns = 9;
const labelWidth = 330;
const valueWidth = 70;
const barThickness = 9;

/** A part's value, and the range of all parts, extended to include zero. */
export interface BarScale {
  readonly low: number;
  readonly high: number;
}

export function barScaleOf({ output, parts }: LayerParts): BarScale {
  const values = [output, ...parts.map((part) => part.value)].filter(Number.isFinite);
  return {
    low: values.reduce((a, b) => Math.min(a, b), 0),
    high: values.reduce((a, b) => Math.max(a, b), 0),
  };
}

/** The relative position of a value between low (0) and high (1). */
export function placeOn({ low, high }: BarScale, value: number): number {
  if (!(high > low) || !Number.isFinite(value)) return 0;
  return (value - low) / (high - low);
}

/**
 * A score decomposed by depth: a bar for each part in network order, red for positive and blue for negative
 * contributions, with the score itself at the end; below, the map of each spatial part, at the layer's own size and
 * with its own scale.
 *
 * @throws {ImageError} if the sheet would exceed the size limit of pictures
 */
export function layerSheet({ caption, view }: ComparedRow, layers: LayerParts): Raster {
  const { parts, output } = layers;
  // Signals and volumes have bars only.
  const maps = parts.flatMap((part, number) =>
    part.map?.dims.length === 2 ? [{ part, number }] : [],
  );
  const width = 2 * margin + columns * cell + (columns - 1) * gap;
  const top = margin + Math.max(view ? cell : 0, caption.length * lineHeight) + gap;
  const strip = top + (parts.length + 1) * lineHeight + 2 * gap;
  const stripRow = cell + near + 2 * lineHeight + gap;
  const height = strip + Math.ceil(maps.length / columns) * stripRow + margin;
  const canvas = new Canvas(width, height, white);

  if (view) canvas.paste(fitPicture(view, cell), margin, margin);
  caption.forEach((text, i) => {
    canvas.text(
      text,
      view ? margin + cell + gap : margin,
      margin + i * lineHeight,
      i === 0 ? ink : faint,
    );
  });
  const scale = barScaleOf(layers);
  const rows = [
    ...parts.map((part, i) => ({ label: `${i}  ${part.name}  ${part.op}`, value: part.value })),
    { label: "the score", value: output },
  ];
  rows.forEach(({ label, value }, i) => {
    const isTotal = i === parts.length;
    drawBar(canvas, label, value, top + i * lineHeight + (isTotal ? near : 0), scale, isTotal);
  });
  maps.forEach(({ part, number }, i) => {
    const x = margin + (i % columns) * (cell + gap);
    drawMap(canvas, part, number, x, strip + Math.floor(i / columns) * stripRow);
  });
  return canvas;
}

function drawBar(
  canvas: Canvas,
  label: string,
  value: number,
  y: number,
  scale: BarScale,
  isTotal: boolean,
): void {
  const left = margin + labelWidth + gap;
  const length = canvas.width - margin - valueWidth - left;
  const [zero, end] = [0, value].map((v) => left + Math.round(placeOn(scale, v) * length)) as [
    number,
    number,
  ];
  const color: Color = isTotal ? ink : value < 0 ? negative : positive;
  canvas.text(fitTextEnd(label, labelWidth), margin, y, isTotal ? ink : faint);
  canvas.fill(zero, y, 1, lineHeight, faint);
  const top = y + Math.floor((lineHeight - barThickness) / 2);
  canvas.fill(Math.min(zero, end), top, Math.max(1, Math.abs(end - zero)), barThickness, color);
  canvas.text(formatTick(value), canvas.width - margin, y, ink, "right");
}

function drawMap(canvas: Canvas, part: LayerPart, number: number, x: number, y: number): void {
  const { name, value, map } = part;
  // Non-finite values have no colour; the bar states them.
  if (map && map.data.every(Number.isFinite)) {
    const scale = colorScale([map.data], "rdbu");
    const picture = fitPicture(heatmap(map, { scale }), cell);
    canvas.paste(picture, x + Math.floor((cell - picture.width) / 2), y);
  }
  const below = y + cell + near;
  canvas.text(`${number}`, x, below, ink);
  const rest = cell - textWidth(`${number} `);
  canvas.text(fitTextEnd(name, rest), x + cell, below, faint, "right");
  canvas.text(formatTick(value), x, below + lineHeight, ink);
}
