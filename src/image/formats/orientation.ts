import type { Raster } from "../raster.js";

/**
 * Reads the EXIF orientation, 1 to 8, from an EXIF block (a TIFF file of either byte order). Unreadable blocks count
 * as upright, 1, as in image viewers.
 *
 * @see https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E (tag 274)
 */
export function readOrientation(exif: Uint8Array): number {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.length);
  if (exif.length < 8) return 1;
  const little = view.getUint16(0) === 0x4949; // "II"; "MM" is big-endian
  const directory = view.getUint32(4, little);
  if (directory + 2 > exif.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > exif.length) return 1;
    if (view.getUint16(entry, little) !== 0x0112) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Applies an EXIF orientation, as Pillow's `ImageOps.exif_transpose`. */
export function orient(raster: Raster, orientation: number): Raster {
  if (orientation === 1) return raster;
  const { width: w, height: h } = raster;
  const last = w * h - 1;
  // Position in the old picture of the new first pixel, and the steps there for one pixel right and one down.
  const walks: Record<number, readonly [start: number, right: number, down: number]> = {
    2: [w - 1, -1, w],
    3: [last, -1, -w],
    4: [last - w + 1, 1, -w],
    5: [0, w, 1],
    6: [last - w + 1, -w, 1],
    7: [last, -w, -1],
    8: [w - 1, w, -1],
  };
  const walk = walks[orientation];
  if (walk === undefined) return raster;
  const [start, right, down] = walk;
  const [width, height] = orientation < 5 ? [w, h] : [h, w];
  const data = new Uint8Array(raster.data.length);
  for (let y = 0, out = 0; y < height; y++) {
    for (let x = 0; x < width; x++, out += 3) {
      const at = (start + x * right + y * down) * 3;
      data[out] = raster.data[at]!;
      data[out + 1] = raster.data[at + 1]!;
      data[out + 2] = raster.data[at + 2]!;
    }
  }
  return { width, height, data };
}
