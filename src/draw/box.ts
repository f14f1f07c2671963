import type { Raster } from "../image/raster.js";

/** White between black lines is visible on any background. */
const [outer, inner] = [0, 255];

/**
 * Draws the edges of a box, a white line of two pixels between black ones (of one and two pixels in pictures smaller
 * than 200). Parts outside the picture are clipped.
 *
 * @param box left, top, right and bottom in pixels
 */
export function withBox(
  picture: Raster,
  box: readonly [left: number, top: number, right: number, bottom: number],
): Raster {
  const { width, height } = picture;
  const data = picture.data.slice();
  const thickness = Math.min(width, height) < 200 ? 1 : 2;
  const [left, top, right, bottom] = box.map(Math.round) as [number, number, number, number];
  const ring = (from: number, to: number, level: number): void => {
    for (let y = Math.max(0, top - to); y < Math.min(height, bottom + to); y++) {
      for (let x = Math.max(0, left - to); x < Math.min(width, right + to); x++) {
        const isAcross = x >= left - from && x < right + from;
        if (isAcross && y >= top - from && y < bottom + from) continue;
        data.fill(level, (y * width + x) * 3, (y * width + x) * 3 + 3);
      }
    }
  };
  ring(-thickness, 0, inner);
  ring(0, thickness, outer);
  ring(-2 * thickness, -thickness, outer);
  return { width, height, data };
}
