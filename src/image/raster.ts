import { ImageError } from "../errors.js";

/** An 8-bit picture: rows from the top, pixels from the left, three interleaved bytes R, G, B each. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What a decoder gives: R, G, B, A of each pixel. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * The largest picture that is decoded or made unless another limit is given, in pixels. A few hundred bytes of PNG can
 * announce a picture of terabytes; this is the size from which Pillow too warns of such a bomb: a quarter of a gigabyte
 * at three bytes a pixel, and well beyond the 50 megapixels of a good phone.
 */
export const maxPixels = 89_478_485;

/** Says that a picture of this size is one. @throws {ImageError} where it is empty or larger than `limit` pixels. */
export function checkSize(width: number, height: number, name: string, limit = maxPixels): void {
  if (!(width >= 1 && height >= 1)) {
    throw new ImageError(`${name}: a picture of ${width} x ${height} pixels has no pixels`);
  }
  if (width * height > limit) {
    throw new ImageError(
      `${name}: ${width} x ${height} pixels are more than the limit of ${limit}; scale it down first`,
    );
  }
}

/** R, G, B of each R, G, B, A, written over them: a second copy of a large picture would cost as much again. */
export function dropAlpha({ width, height, data: rgba }: Pixels): Raster {
  const length = width * height * 3;
  if (rgba.length !== width * height * 4) {
    throw new ImageError("the decoder gave an odd number of pixels");
  }
  for (let from = 0, to = 0; to < length; from += 4, to += 3) {
    rgba[to] = rgba[from]!;
    rgba[to + 1] = rgba[from + 1]!;
    rgba[to + 2] = rgba[from + 2]!;
  }
  return { width, height, data: new Uint8Array(rgba.buffer, rgba.byteOffset, length) };
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
