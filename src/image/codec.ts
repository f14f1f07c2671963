import { ImageError } from "../errors.js";
import { readContainer } from "./container.js";
import { decodeJpeg, decodePng, writePng, type Pixels } from "./formats.js";
import { convertYcc } from "./jpeg.js";
import { orient } from "./orientation.js";
import { checkPixelData } from "./png-data.js";
import type { Raster } from "./raster.js";

/**
 * The picture in a PNG or JPEG file, upright, as Pillow's `exif_transpose(Image.open(file)).convert("RGB")` has it:
 * the EXIF orientation is applied, grey becomes R = G = B, and alpha is dropped, not blended. Of 16-bit samples the
 * high byte is kept (as Pillow does for colour; its 16-bit grey turns white, which is a mishap and not followed).
 *
 * PNG gives the same bytes as Pillow. JPEG differs from it by up to 3 levels in about a tenth of the samples: jpeg-js's
 * inverse cosine transform is not libjpeg's. All that follows the transform is.
 *
 * @param name The file as errors should call it.
 * @throws {ImageError} where the file is no picture, is damaged, holds fewer pixels than it declares, or is larger than
 *   {@link maxPixels}.
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Raster> {
  const container = readContainer(bytes, name);
  const { png, bytes: file } = container;
  const isDeep = png?.header.depth === 16;
  try {
    if (png) await checkPixelData(png.header, png.data);
    const bitmap = await (png ? decodePng(file, isDeep) : decodeJpeg(file));
    const raster = dropAlpha(bitmap, isDeep ? 8 : 0);
    const rgb = container.chroma === undefined ? raster : convertYcc(raster, container.chroma);
    return orient(rgb, container.orientation);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImageError(`${name} cannot be decoded: ${reason}`, { cause: error });
  }
}

/** R, G, B of each R, G, B, A; `shift` takes samples down to bytes. */
function dropAlpha({ width, height, data: rgba }: Pixels, shift: number): Raster {
  const data = new Uint8Array(width * height * 3);
  if (rgba.length !== width * height * 4)
    throw new ImageError("the decoder gave an odd number of pixels");
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from]! >> shift;
    data[to + 1] = rgba[from + 1]! >> shift;
    data[to + 2] = rgba[from + 2]! >> shift;
  }
  return { width, height, data };
}

/** The picture as a PNG file, 8-bit RGB. */
export function encodePng(raster: Raster): Promise<Uint8Array> {
  return writePng(raster);
}
