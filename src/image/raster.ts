import { ImageError } from "../errors.js";

/** An 8-bit picture: rows from the top, pixels from the left, three interleaved bytes R, G, B each. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * The largest picture that is decoded or made, in pixels. A few hundred bytes of PNG can announce a picture of
 * terabytes; this is the size from which Pillow too warns of such a bomb: a quarter of a gigabyte at three bytes
 * a pixel, and well beyond the 50 megapixels of a good phone.
 */
export const maxPixels = 89_478_485;

/** Says that a picture of this size is one. @throws {ImageError} where it is empty or larger than {@link maxPixels}. */
export function checkSize(width: number, height: number, name: string): void {
  if (!(width >= 1 && height >= 1)) {
    throw new ImageError(`${name}: a picture of ${width} x ${height} pixels has no pixels`);
  }
  if (width * height > maxPixels) {
    throw new ImageError(
      `${name}: ${width} x ${height} pixels are more than the limit of ${maxPixels}; scale it down first`,
    );
  }
}

/**
 * The picture in shades of grey, R = G = B, by ITU-R 601-2 luma in the fixed point of Pillow's `convert("L")`.
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
