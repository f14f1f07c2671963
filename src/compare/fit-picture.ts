import type { Raster } from "../image/raster.js";
import { resample } from "../image/resample.js";

/** Resizes a picture so that its longer side is `cell`: by whole pixels if it is much smaller, smoothed otherwise. */
export function fitPicture(picture: Raster, cell: number): Raster {
  const factor = cell / Math.max(picture.width, picture.height);
  const whole = factor >= 2;
  const scale = whole ? Math.floor(factor) : factor;
  const length = (n: number): number => Math.max(1, Math.round(n * scale));
  const [width, height] = [length(picture.width), length(picture.height)];
  return resample(picture, width, height, whole ? "nearest" : "bilinear");
}
