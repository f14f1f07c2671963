import { ImageError } from "../errors.js";

/** An 8-bit picture: rows from the top, pixels from the left, three interleaved bytes R, G, B per pixel. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A decoder's result: interleaved R, G, B, A. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * Default limit on the pixels of a decoded or generated picture. A few hundred bytes of PNG can declare a picture of
 * terabytes. The value is Pillow's threshold for decompression bomb warnings: a quarter of a gigabyte at three bytes
 * a pixel, well above the 50 megapixels of a phone camera.
 */
export const maxPixels = 89_478_485;

/** Checks the size of a picture. @throws {ImageError} if it is empty or exceeds `limit` pixels */
export function checkSize(width: number, height: number, name: string, limit = maxPixels): void {
  if (!(width >= 1 && height >= 1)) {
    throw new ImageError(`${name}: a picture of ${width} x ${height} pixels has no pixels`);
  }
  if (width * height > limit) {
    throw new ImageError(
      `${name}: ${width} x ${height} pixels exceed the limit of ${limit}; scale it down first`,
    );
  }
}

/** Drops alpha in place: a second copy would double the memory of a large picture. */
export function dropAlpha({ width, height, data: rgba }: Pixels): Raster {
  const length = width * height * 3;
  if (rgba.length !== width * height * 4) {
    throw new ImageError("the decoder returned the wrong number of pixels");
  }
  for (let from = 0, to = 0; to < length; from += 4, to += 3) {
    rgba[to] = rgba[from]!;
    rgba[to + 1] = rgba[from + 1]!;
    rgba[to + 2] = rgba[from + 2]!;
  }
  return { width, height, data: new Uint8Array(rgba.buffer, rgba.byteOffset, length) };
}

/**
 * Converts to grey, R = G = B, by ITU-R 601-2 luma in the fixed-point arithmetic of Pillow's `convert("L")`.
 *
 * @see https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.convert
 */
export function toLuma(raster: Raster): Raster {
  const data = new Uint8Array(raster.data.length);
  const source = raster.data;
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [source[i]!, source[i + 1]!, source[i + 2]!];
    const luma = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    data.fill(luma, i, i + 3);
  }
  return { width: raster.width, height: raster.height, data };
}
