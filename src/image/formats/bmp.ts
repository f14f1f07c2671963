import { ImageError } from "../../errors.js";
import { decodeByJimp } from "./packages.js";
import type { PictureFile } from "./picture-file.js";
import { dropAlpha, type Raster } from "../raster.js";

/** Supported bits per pixel, by compression: none, or run-length coding of 8 or 4 bits. */
const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 4, 8, 24, 32],
  1: [8],
  2: [4],
};

/**
 * Reads a Windows bitmap.
 *
 * @throws {ImageError} if the variant is unsupported, or rows are missing
 * @see https://learn.microsoft.com/en-us/windows/win32/api/wingdi/ns-wingdi-bitmapinfoheader
 */
export function readBmp(bytes: Uint8Array): PictureFile {
  if (bytes.length < 54) throw new ImageError("the file is truncated before its size is known");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [width, height] = [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
  const [depth, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  if (view.getUint32(14, true) < 40 || !depths[compression]?.includes(depth)) {
    throw new ImageError(
      `bitmaps of ${depth} bits and compression ${compression} are not supported; convert the file to PNG first`,
    );
  }
  const stored = 4 * Math.ceil((width * depth) / 32) * height;
  // A run of up to 255 pixels takes two bytes.
  const rows = compression === 0 ? stored : Math.ceil((2 * width * height) / 255);
  const there = Math.max(0, bytes.length - view.getUint32(10, true));
  const decode = async (): Promise<Raster> => {
    if (rows <= there) return dropAlpha(await decodeByJimp("bmp", bytes));
    throw new ImageError(
      `${width} x ${height} pixels need at least ${rows} bytes, but there are ${there}: rows are missing`,
    );
  };
  return { width, height, orientation: 1, bytesPerPixel: 5, decode };
}
