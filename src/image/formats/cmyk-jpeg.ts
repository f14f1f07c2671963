import { dropAlpha, type Raster } from "../raster.js";

/**
 * A JPEG of four components, CMYK or YCCK as Adobe writes them, by jpeg-js: libjpeg leaves the conversion to RGB to its
 * caller. It repeats chroma where libjpeg interpolates, so that colours may be a few levels from Pillow's.
 */
export async function decodeCmykJpeg(bytes: Uint8Array): Promise<Raster> {
  const { decode } = (await import("jpeg-js")).default;
  return dropAlpha(
    decode(bytes, {
      useTArray: true,
      colorTransform: false, // unless the file says otherwise
      tolerantDecoding: false, // else a file that is cut off comes back half grey
      maxMemoryUsageInMB: 4096, // the memory that it takes is checked before
    }),
  );
}
