import type { Raster } from "../../image/raster.js";
import { resample } from "../../image/resample.js";

/**
 * The picture below a map. "input": the network's view of it; "original": the whole picture at its own size; a number: the
 * whole picture with this longer side; "auto": the whole picture, its longer side brought between 256 and 2048.
 */
export type PictureSize = "auto" | "original" | "input" | number;

/** Bounds of the longer side of "auto". */
const [least, most] = [256, 2048];

/** The picture that a map is drawn on, before {@link enlarge}; undefined for the network's view. */
export function groundOf(picture: Raster, size: PictureSize): Raster | undefined {
  if (size === "input") return undefined;
  const { width, height } = picture;
  const longer = Math.max(width, height);
  const wanted = size === "original" ? longer : size === "auto" ? Math.min(longer, most) : size;
  // Enlarged after it is drawn.
  if (wanted === longer || wanted >= 2 * longer) return picture;
  const scaled = (side: number): number => Math.max(1, Math.round((side * wanted) / longer));
  return resample(picture, scaled(width), scaled(height), "bilinear");
}

/** A small picture with each pixel as a square, so that edges stay crisp. */
export function enlarge(drawn: Raster, size: PictureSize): Raster {
  const longer = Math.max(drawn.width, drawn.height);
  const isSmall = size === "auto" ? longer < least : typeof size === "number" && size >= 2 * longer;
  if (!isSmall) return drawn;
  const factor = size === "auto" ? Math.ceil(least / longer) : Number(size) / longer;
  const scaled = (side: number): number => Math.max(1, Math.round(side * factor));
  return resample(drawn, scaled(drawn.width), scaled(drawn.height), "nearest");
}
