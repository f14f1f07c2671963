import type { Raster } from "../../image/raster.js";
import { resample } from "../../image/resample.js";

/**
 * The picture below a map. "input": the network's view of it; "original": the whole picture at its own size; a number:
 * the whole picture with this longer side; "auto": the whole picture, with its longer side limited to 256 to 2048.
 */
export type PictureSize = "auto" | "original" | "input" | number;

/** Bounds of the longer side of "auto". */
const [least, most] = [256, 2048];

/** The picture under a map, before {@link enlarge}; undefined for the network's view. */
export function groundOf(picture: Raster, size: PictureSize): Raster | undefined {
  if (size === "input") return undefined;
  const { width, height } = picture;
  const longer = Math.max(width, height);
  const wanted = size === "original" ? longer : size === "auto" ? Math.min(longer, most) : size;
  // Enlarged after drawing.
  if (wanted === longer || wanted >= 2 * longer) return picture;
  const scaled = (side: number): number => Math.max(1, Math.round((side * wanted) / longer));
  return resample(picture, scaled(width), scaled(height), "bilinear");
}

/** Enlarges a small picture by whole squares, so that edges stay sharp. */
export function enlarge(drawn: Raster, size: PictureSize): Raster {
  const longer = Math.max(drawn.width, drawn.height);
  const isSmall = size === "auto" ? longer < least : typeof size === "number" && size >= 2 * longer;
  if (!isSmall) return drawn;
  const factor = size === "auto" ? Math.ceil(least / longer) : Number(size) / longer;
  const scaled = (side: number): number => Math.max(1, Math.round(side * factor));
  return resample(drawn, scaled(drawn.width), scaled(drawn.height), "nearest");
}
