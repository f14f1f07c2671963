import { part } from "../../dom.js";
import type { Point, Selection, ViewSize } from "./selection.js";

const canvas = part("region", HTMLCanvasElement);

/** Device pixels for each pixel of the view, so that the outline is thin. */
const zoom = 3;

/** Darkens the map outside the region and outlines it; marks a pixel, and the brush, by a cross. */
export function paintSelection(
  selection: Selection | undefined,
  { width, height }: ViewSize,
  cursor?: Point,
): void {
  canvas.width = width * zoom;
  canvas.height = height * zoom;
  const context = canvas.getContext("2d")!;
  if (selection) {
    const { mask } = selection;
    const isIn = (x: number, y: number): boolean =>
      x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] === 1;
    if (selection.tool !== "point") {
      context.fillStyle = "rgb(0 0 0 / 40%)";
      fillRuns(context, (x, y) => !isIn(x, y), { width, height });
    }
    for (const [color, thickness] of [
      ["#000", 3],
      ["#fff", 1],
    ] as const) {
      context.fillStyle = color;
      outline(context, isIn, { width, height }, thickness);
    }
    if (selection.tool === "point") {
      const at = mask.indexOf(1);
      cross(context, { x: at % width, y: Math.floor(at / width) });
    }
  }
  if (cursor) cross(context, cursor);
}

type Inside = (x: number, y: number) => boolean;

/** Fills the pixels for which `is` holds, run by run. */
function fillRuns(
  context: CanvasRenderingContext2D,
  is: Inside,
  { width, height }: ViewSize,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = x;
      while (x < width && is(x, y)) x++;
      if (x > from) context.fillRect(from * zoom, y * zoom, (x - from) * zoom, zoom);
    }
  }
}

function outline(
  context: CanvasRenderingContext2D,
  isIn: Inside,
  { width, height }: ViewSize,
  thickness: number,
): void {
  const shift = (thickness - 1) / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isIn(x, y)) continue;
      const [left, top] = [x * zoom, y * zoom];
      const across = zoom + 2 * shift;
      if (!isIn(x - 1, y)) context.fillRect(left - shift, top - shift, thickness, across);
      if (!isIn(x + 1, y))
        context.fillRect(left + zoom - 1 - shift, top - shift, thickness, across);
      if (!isIn(x, y - 1)) context.fillRect(left - shift, top - shift, across, thickness);
      if (!isIn(x, y + 1))
        context.fillRect(left - shift, top + zoom - 1 - shift, across, thickness);
    }
  }
}

function cross(context: CanvasRenderingContext2D, { x, y }: Point): void {
  const [cx, cy] = [(x + 0.5) * zoom, (y + 0.5) * zoom];
  for (const [color, width] of [
    ["#000", 4],
    ["#fff", 2],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      context.moveTo(cx + dx * 3 * zoom, cy + dy * 3 * zoom);
      context.lineTo(cx + dx * 7 * zoom, cy + dy * 7 * zoom);
    }
    context.stroke();
  }
}
