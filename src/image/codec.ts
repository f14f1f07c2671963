import { ImageError } from "../errors.js";
import { readerOf } from "./formats/picture-formats.js";
import { orient } from "./formats/orientation.js";
import type { PictureFile } from "./formats/picture-file.js";
import { writePng } from "./formats/write-png.js";
import { checkSize, maxPixels, type Raster } from "./raster.js";

export interface DecodeOptions {
  /**
   * Maximum pixels of a picture, which also limits decoding memory to 6 bytes per pixel of this limit. Default
   * 89,478,485.
   */
  readonly maxPixels?: number | undefined;
}

/**
 * Bytes of decoding memory allowed per pixel of the limit. Memory use varies by format, from 3 bytes per pixel for
 * PNG to 15 for a progressive JPEG, so the largest accepted picture varies too.
 */
const bytesPerPixelOfLimit = 6;

/** Decoding that needs at most this many bytes is allowed under any pixel limit. */
const leastBytes = 1 << 24;

/**
 * Decodes a PNG, JPEG, WebP, GIF, BMP or TIFF file to 8-bit RGB, upright. The bytes equal Pillow's
 * `exif_transpose(Image.open(file)).convert("RGB")`: the EXIF orientation is applied, grey is replicated to R = G =
 * B, alpha is dropped without blending, colour profiles are ignored, and only the first frame or page is
 * read. Samples of 16 bits keep their high byte. (Pillow does this for colour; it clips 16-bit grey to white, which
 * this function does not reproduce.) CMYK JPEGs may differ by a few levels. GIF and BMP are not supported in
 * browsers.
 *
 * Damaged and truncated files are rejected. Size and memory are checked before any pixel is decoded.
 *
 * @param name the file's name in error messages
 * @throws {ImageError} if the file is not a picture, is damaged, or exceeds the limit
 */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  options: DecodeOptions = {},
): Promise<Raster> {
  const read = readerOf(bytes, name);
  const file = naming(name, () => read(bytes));
  checkLimits(file, name, options.maxPixels ?? maxPixels);
  const raster = await file.decode().catch((error: unknown) => naming(name, () => rethrow(error)));
  return orient(raster, file.orientation);
}

/** Adds the file name to errors thrown by a decoder. */
function naming<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImageError(`${name} cannot be decoded: ${reason}`, { cause: error });
  }
}

function rethrow(error: unknown): never {
  throw error;
}

function checkLimits({ width, height, bytesPerPixel }: PictureFile, name: string, limit: number) {
  checkSize(width, height, name, limit);
  const most = Math.max(limit * bytesPerPixelOfLimit, leastBytes);
  const needed = Math.ceil(width * height * bytesPerPixel);
  if (needed <= most) return;
  throw new ImageError(
    `${name}: decoding ${width} x ${height} pixels of this format needs ${needed} bytes of memory, more than the limit ` +
      `of ${most} (${bytesPerPixelOfLimit} bytes for each of ${limit} pixels); scale it down first`,
  );
}

/**
 * Encodes the picture as an 8-bit PNG file, with a palette if it has at most 256 colours.
 *
 * @param alpha the opacity of each pixel, 0 to 255; default: opaque
 */
export function encodePng(raster: Raster, alpha?: Uint8Array): Promise<Uint8Array> {
  return writePng(raster, alpha);
}
