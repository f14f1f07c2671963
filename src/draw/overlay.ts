import { ImageError } from "../errors.js";
import type { Tensor } from "../tensor/tensor.js";
import { colorIndex, colorScale, heatOf, wholeRange, type ColorScale } from "./color-scale.js";
import { colorsOf, isDiverging, type ColormapName } from "./colormap.js";
import type { Raster } from "../image/raster.js";
import { resampleMap } from "../image/resample.js";

/** Options for colouring a map. */
export interface HeatmapOptions {
  /** Default: "rdbu" for a map with negative values, else "inferno". */
  readonly colormap?: ColormapName | undefined;
  /** A scale shared by several pictures. Default: the map's own scale. */
  readonly scale?: ColorScale | undefined;
}

/** Options for drawing an overlay. */
export interface OverlayOptions extends HeatmapOptions {
  /** Opacity of the most salient pixels, 0 to 1. Default 0.85. */
  readonly opacity?: number | undefined;
  /** "muted" (default), so that colour encodes only the map; "natural": as it is, under opacities that grow with the
   * square of the salience, so that cold areas stay a photograph. */
  readonly photograph?: "muted" | "natural" | undefined;
  /** The rectangle of the picture that the map covers; the rest is shown without colour. Default: all of it. */
  readonly frame?: ViewFrame | undefined;
}

/** Default opacity of an overlay's most salient pixels. */
export const defaultOpacity = 0.85;

/**
 * Draws a map at its own size, coloured from its minimum to its maximum; with a diverging colour map, from −m to m,
 * where m is the largest absolute value. A constant map has a single colour.
 *
 * @param map [H,W], [1,H,W] or [1,1,H,W]
 * @throws {ImageError} if the map has another shape or a non-finite value
 */
export function heatmap(
  map: Tensor<"float32">,
  { colormap, scale = colorScale([map.data], colormap, wholeRange) }: HeatmapOptions = {},
): Raster {
  const { height, width } = checkMap(map);
  const colors = colorsOf(scale.colormap);
  const values = map.data;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, at = 0; i < values.length; i++) {
    const color = colorIndex(scale, values[i]!) * 3;
    data[at++] = colors[color]!;
    data[at++] = colors[color + 1]!;
    data[at++] = colors[color + 2]!;
  }
  return { width, height, data };
}

/**
 * Draws a map over the network's view of the picture. Opacity increases with the map's value (for signed maps, with
 * its distance from zero). The photograph is darkened or lightened and nearly grey, so that colour encodes only the
 * map, or natural.
 *
 * The scale is clipped to {@link displayRange} for display; the heat map and the .npy file contain all values.
 *
 * @param view the preprocessed picture: see `viewOf`
 * @param map [H,W], [1,H,W] or [1,1,H,W]; resampled bilinearly to the view's size
 * @throws {ImageError} if the map has another shape or a non-finite value
 */
export function overlay(
  view: Raster,
  map: Tensor<"float32">,
  { colormap, scale, opacity = defaultOpacity, photograph = "muted", frame }: OverlayOptions = {},
): Raster {
  const { width, height } = view;
  const fitted = fitMap(map, view, frame);
  const shown = scale ?? colorScale([fitted], colormap);
  const colors = colorsOf(shown.colormap);
  const { paper, strength } = grounds[isDiverging(shown.colormap) ? "diverging" : "sequential"];
  const pixels = view.data;
  const data = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < fitted.length; i++) {
    const at = i * 3;
    const isCovered = !Number.isNaN(fitted[i]!);
    const color = isCovered ? colorIndex(shown, fitted[i]!) * 3 : 0;
    const heat = isCovered ? heatOf(shown, fitted[i]!) : 0;
    const alpha = opacity * (photograph === "natural" ? heat ** 2 : heat);
    const grey = 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!;
    for (let c = 0; c < 3; c++) {
      const muted = grey + saturation * (pixels[at + c]! - grey);
      const faint = paper + (isCovered ? 1 : uncovered) * strength * (muted - paper);
      const ground = photograph === "natural" ? pixels[at + c]! : faint;
      data[at + c] = (1 - alpha) * ground + alpha * colors[color + c]!;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

/** A rectangle of a picture, in its pixels; it may reach beyond the picture. */
export interface ViewFrame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The map at the picture's size, resampled bilinearly to its frame; NaN outside. */
export function fitMap(
  map: Tensor<"float32">,
  { width, height }: { readonly width: number; readonly height: number },
  frame: ViewFrame = { left: 0, top: 0, right: width, bottom: height },
): Float32Array {
  const size = checkMap(map);
  const [left, top] = [Math.round(frame.left), Math.round(frame.top)];
  const columns = Math.max(1, Math.round(frame.right) - left);
  const rows = Math.max(1, Math.round(frame.bottom) - top);
  const inside = resampleMap(map.data, [size.height, size.width], [rows, columns]);
  if (left === 0 && top === 0 && columns === width && rows === height) return inside;
  const fitted = new Float32Array(width * height).fill(NaN);
  const [first, end] = [Math.max(0, left), Math.min(width, left + columns)];
  for (let y = Math.max(0, top); first < end && y < Math.min(height, top + rows); y++) {
    const row = (y - top) * columns - left;
    fitted.set(inside.subarray(row + first, row + end), y * width + first);
  }
  return fitted;
}

/** Intensity of a photograph outside the frame, relative to its intensity inside. */
const uncovered = 0.5;

/** Fraction of colour saturation that a photograph keeps under a map. */
export const saturation = 0.25;

/**
 * Background that a photograph is blended with, and the photograph's share. It is dark under colour maps that
 * increase in lightness, and nearly white under rdbu, which is white in the middle.
 */
export const grounds = {
  sequential: { paper: 0, strength: 0.8 },
  diverging: { paper: 255, strength: 0.45 },
} as const;

/** @throws {ImageError} if the shape of the map is not [H,W], [1,H,W] or [1,1,H,W], or a value is not finite */
export function checkMap(map: Tensor<"float32">): { height: number; width: number } {
  const [height, width] = map.dims.slice(-2);
  if (width === undefined || height === undefined || map.dims.slice(0, -2).some((d) => d !== 1)) {
    throw new ImageError(
      `a map must have the shape [H,W] or [1,1,H,W], but has [${map.dims.join(",")}]`,
    );
  }
  const { data } = map;
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    throw new ImageError(
      `the map has the value ${data[i]!} at row ${Math.floor(i / width)}, column ${i % width}`,
    );
  }
  if (data.length === 0) throw new ImageError("the map has no pixels");
  return { height, width };
}
