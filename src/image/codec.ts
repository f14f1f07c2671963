import { ImageError } from "../errors.js";
import { writePng } from "./formats/packages.js";
import { readerOf } from "./formats/picture-formats.js";
import { orient } from "./formats/orientation.js";
import type { PictureFile } from "./formats/picture-file.js";
import { checkSize, maxPixels, type Raster } from "./raster.js";

export interface DecodeOptions {
  /** Pictures of more pixels are refused, and those that take more than 6 bytes of memory for each; 89,478,485 unless given. */
  readonly maxPixels?: number | undefined;
}

/**
 * Bytes of memory that decoding may take for each pixel of the limit. Decoders differ: PNG takes 3 bytes for each of
 * its pixels, a progressive JPEG up to 15, and with it goes the size up to which a picture is decoded.
 */
const bytesPerPixelOfLimit = 6;

/** What this many bytes of memory hold is decoded under any limit on pixels. */
const leastBytes = 1 << 24;

/**
 * The picture in a PNG, JPEG, WebP, GIF or BMP file, upright, with the bytes of Pillow's
 * `exif_transpose(Image.open(file)).convert("RGB")`: the EXIF orientation is applied, grey becomes R = G = B, alpha is
 * dropped, not blended, colour profiles are ignored, and of an animation the first frame is taken. Of 16-bit samples
 * the high byte is kept (as Pillow does for colour; its 16-bit grey turns white, which is a mishap and not followed).
 * JPEGs in CMYK alone may be a few levels off. In a browser, GIF and BMP are not read.
 *
 * Damaged files are refused, a cut-off one too. Size and memory are checked before any pixel is decoded.
 *
 * @param name The file as errors should call it.
 * @throws {ImageError} where the file is no picture, is damaged, or is larger than the limit.
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

/** Errors of decoders know nothing of file names. */
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
    `${name}: decoding ${width} x ${height} pixels of this kind takes ${needed} bytes of memory, more than the limit ` +
      `of ${most} (${bytesPerPixelOfLimit} bytes for each of ${limit} pixels); scale it down first`,
  );
}

/** The picture as a PNG file, 8-bit RGB. */
export function encodePng(raster: Raster): Promise<Uint8Array> {
  return writePng(raster);
}
