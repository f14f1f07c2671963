import { Region } from "../../../src/decomposition/region.js";

/** How a region of the map is chosen. */
export type Tool = "box" | "brush" | "point";

/** A chosen region of the map, in pixels of the network's view. */
export interface Selection {
  readonly tool: Tool;
  readonly region: Region;
  /** 1 for each pixel inside. */
  readonly mask: Uint8Array;
  /** "this region", "the pixel at column 10, row 20" */
  readonly words: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface ViewSize {
  readonly width: number;
  readonly height: number;
}

/** The box between two pixels, both inside. */
export function boxBetween(a: Point, b: Point): Box {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { x, y, width: Math.abs(a.x - b.x) + 1, height: Math.abs(a.y - b.y) + 1 };
}

/** The box inside the view, with at least one pixel. */
export function fitBox(box: Box, size: ViewSize): Box {
  const width = Math.min(Math.max(1, box.width), size.width);
  const height = Math.min(Math.max(1, box.height), size.height);
  const x = Math.min(Math.max(0, box.x), size.width - width);
  const y = Math.min(Math.max(0, box.y), size.height - height);
  return { x, y, width, height };
}

export function selectBox(box: Box, size: ViewSize, tool: Tool): Selection {
  const mask = new Uint8Array(size.width * size.height);
  for (let y = box.y; y < box.y + box.height; y++) {
    mask.fill(1, y * size.width + box.x, y * size.width + box.x + box.width);
  }
  const isPixel = box.width === 1 && box.height === 1;
  const words = isPixel
    ? `the pixel in column ${box.x}, row ${box.y}`
    : `the box from column ${box.x}, row ${box.y} to ${box.x + box.width - 1}, ${box.y + box.height - 1}`;
  return selectMask(mask, size, tool, words);
}

export function selectMask(
  mask: Uint8Array,
  { width, height }: ViewSize,
  tool: Tool,
  words = "the brushed region",
): Selection {
  return { tool, mask, words, region: new Region([height, width], mask) };
}

/** Adds a disc to a mask, drawn from one point to another. */
export function brush(
  mask: Uint8Array,
  { width, height }: ViewSize,
  from: Point,
  to: Point,
  radius: number,
): void {
  const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / radius));
  for (let step = 0; step <= steps; step++) {
    const x = from.x + ((to.x - from.x) * step) / steps;
    const y = from.y + ((to.y - from.y) * step) / steps;
    for (let row = Math.max(0, Math.ceil(y - radius)); row <= y + radius && row < height; row++) {
      const half = Math.sqrt(radius ** 2 - (row - y) ** 2);
      const [left, right] = [Math.max(0, Math.ceil(x - half)), Math.min(width - 1, x + half)];
      if (right >= left) mask.fill(1, row * width + left, row * width + Math.floor(right) + 1);
    }
  }
}
