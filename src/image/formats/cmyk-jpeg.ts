import { dropAlpha, type Raster } from "../raster.js";

/**
 * Decodes a JPEG of four components (Adobe's CMYK or YCCK) with jpeg-js, because libjpeg leaves the conversion to RGB
 * to its caller. jpeg-js replicates chroma where libjpeg interpolates, so colours may differ from Pillow's by a few
 * levels.
 */
export async function decodeCmykJpeg(bytes: Uint8Array): Promise<Raster> {
  const { decode } = (await import("jpeg-js")).default;
  return dropAlpha(
    decode(bytes, {
      useTArray: true,
      colorTransform: false, // default; the file may override it
      tolerantDecoding: false, // otherwise a truncated file is decoded as half grey
      maxMemoryUsageInMB: 4096, // memory is checked by the caller
    }),
  );
}
