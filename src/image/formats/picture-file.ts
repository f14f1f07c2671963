import type { Raster } from "../raster.js";

/** What a picture's file says of itself before any pixel is decoded. */
export interface PictureFile {
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** Bytes of memory that {@link decode} takes for each pixel at its peak, the raster included (measured). */
  readonly bytesPerPixel: number;
  /** The pixels as they lie in the file, not yet turned upright. */
  decode(): Promise<Raster>;
}

/** What the names of pictures' files end with, in lower case. */
export const pictureExtensions: ReadonlySet<string> = new Set([
  ...[".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"],
]);
