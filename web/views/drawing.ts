import type { Raster } from "../../src/image/raster.js";

/** Draws a picture on a canvas, resized to it. */
export function paint(canvas: HTMLCanvasElement, { width, height, data }: Raster): void {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    pixels.set(data.subarray(i * 3, i * 3 + 3), i * 4);
  }
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d")!.putImageData(new ImageData(pixels, width, height), 0, 0);
}
