import type { Raster } from "../raster.js";

/** The header information of a picture file, read before any pixel is decoded. */
export interface PictureFile {
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** Measured peak memory of {@link decode} in bytes per pixel, including the raster. */
  readonly bytesPerPixel: number;
  /** The pixels as stored in the file, before the orientation is applied. */
  decode(): Promise<Raster>;
}

/** File extensions of pictures, in lower case. */
export const pictureExtensions: ReadonlySet<string> = new Set([
  ...[".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"],
]);
