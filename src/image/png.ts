import { ImageError } from "../errors.js";
import { crc32 } from "./crc32.js";
import { greatestInflation } from "./inflate.js";
import { readOrientation } from "./orientation.js";
import type { PictureFile } from "./picture-file.js";
import { decodePng, passesOf, rowBytes, type Png } from "./png-rows.js";

/** By colour type: samples per pixel, and the depths that it may have. */
const colorTypes: Readonly<Record<number, readonly [channels: number, depths: string]>> = {
  0: [1, "1 2 4 8 16"],
  2: [3, "8 16"],
  3: [1, "1 2 4 8"],
  4: [2, "8 16"],
  6: [4, "8 16"],
};

const indexed = 3;

/**
 * Walks the chunks (https://www.w3.org/TR/png-3/): length, type, data, CRC. The decoder is ours: the ones on npm fill
 * missing rows with old memory (pngjs 7), or cannot bound what a picture inflates to and break for good after some
 * hundred damaged files (@jsquash/png 3: Rust's png, which never frees its stack when it throws).
 *
 * Transparency (tRNS, alpha) is dropped, as Pillow's `convert("RGB")` drops it.
 */
export function readPng(bytes: Uint8Array): PictureFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 33) throw new ImageError("the file ends before its size is known");
  let palette: Uint8Array | undefined;
  let orientation = 1;
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "IEND") break;
    const body = bytes.subarray(at + 8, end - 4);
    if (at === 8 && (type !== "IHDR" || body.length !== 13)) {
      throw new ImageError("the file does not begin with its size (IHDR)");
    }
    if (["IHDR", "PLTE", "IDAT"].includes(type)) {
      // The stream of a file that is cut off may still hold all rows.
      const isWhole = end <= bytes.length;
      if (isWhole && crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
        throw new ImageError(`its ${type} chunk at byte ${at} is damaged (CRC)`);
      }
    }
    if (type === "PLTE") palette = body;
    if (type === "IDAT") data.push(body);
    if (type === "eXIf") orientation = readOrientation(body);
    at = end;
  }
  const png = { ...readHeader(view, palette), data };
  checkData(png);
  // Rows are written as they are inflated.
  return { ...png, orientation, bytesPerPixel: 3, decode: () => decodePng(png) };
}

function readHeader(view: DataView, palette: Uint8Array | undefined): Omit<Png, "data"> {
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, color, compression, filter, interlace] = Array.from({ length: 5 }, (_, i) =>
    view.getUint8(24 + i),
  ) as [number, number, number, number, number];
  const [channels = 0, depths = ""] = colorTypes[color] ?? [];
  if (!depths.split(" ").includes(`${depth}`) || compression + filter > 0 || interlace > 1) {
    throw new ImageError(
      `its header makes no sense: colour type ${color}, ${depth} bits, compression ${compression}, ` +
        `filter ${filter}, interlace ${interlace}`,
    );
  }
  const header = { width, height, depth, channels, isInterlaced: interlace === 1 };
  return color === indexed ? { ...header, palette: palette ?? new Uint8Array() } : header;
}

/** Refuses a file that cannot hold its rows, before any memory is spent on them. */
function checkData(png: Png): void {
  const rows = passesOf(png).reduce((sum, p) => sum + p.lines * (1 + rowBytes(png, p.columns)), 0);
  const stored = png.data.reduce((sum, part) => sum + part.length, 0);
  if (rows > stored * greatestInflation) {
    throw new ImageError(
      `${png.width} x ${png.height} pixels need ${rows} bytes, which ${stored} bytes of data cannot inflate to: ` +
        "rows are missing",
    );
  }
}
