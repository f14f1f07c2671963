import { ImageError } from "../../errors.js";
import { crc32 } from "./crc32.js";
import { greatestInflation } from "./inflate.js";
import { readOrientation } from "./orientation.js";
import type { PictureFile } from "./picture-file.js";
import type { Raster } from "../raster.js";
import { decodePng, passesOf, rowBytes, type Png } from "./png-rows.js";

/** Samples per pixel and allowed bit depths, by colour type. */
const colorTypes: Readonly<Record<number, readonly [channels: number, depths: string]>> = {
  0: [1, "1 2 4 8 16"],
  2: [3, "8 16"],
  3: [1, "1 2 4 8"],
  4: [2, "8 16"],
  6: [4, "8 16"],
};

const indexed = 3;

/** A chunk type: four ASCII letters as a big-endian integer. */
const typeOf = (name: string): number =>
  new DataView(new TextEncoder().encode(name).buffer).getUint32(0);

const [IHDR, PLTE, IDAT] = ["IHDR", "PLTE", "IDAT"].map(typeOf) as [number, number, number];
const chunks = { IHDR, PLTE, IDAT, IEND: typeOf("IEND"), eXIf: typeOf("eXIf") };

/** The chunks that are decoded. */
const critical: ReadonlyMap<number, string> = new Map([
  [IHDR, "IHDR"],
  [PLTE, "PLTE"],
  [IDAT, "IDAT"],
]);

/**
 * Walks the chunks (https://www.w3.org/TR/png-3/): length, type, data, CRC. This decoder is our own because those on
 * npm either fill missing rows with uninitialized memory (pngjs 7), or cannot bound the inflated size and stop
 * working after some hundred damaged files (@jsquash/png 3: Rust's png, which does not restore its stack after an
 * error).
 *
 * Transparency (tRNS, alpha) is dropped, as in Pillow's `convert("RGB")`.
 */
export function readPng(bytes: Uint8Array): PictureFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 33) throw new ImageError("the file is truncated before its size is known");
  let palette: Uint8Array | undefined;
  let orientation = 1;
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === chunks.IEND) break;
    const body = bytes.subarray(at + 8, end - 4);
    if (at === 8 && (type !== chunks.IHDR || body.length !== 13)) {
      throw new ImageError("the file does not begin with its size (IHDR)");
    }
    const name = critical.get(type);
    if (name !== undefined) {
      // A truncated file may still contain the stream of all rows.
      const isWhole = end <= bytes.length;
      if (isWhole && crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
        throw new ImageError(`its ${name} chunk at byte ${at} is damaged (CRC)`);
      }
    }
    if (type === chunks.PLTE) palette = body;
    if (type === chunks.IDAT) data.push(body);
    if (type === chunks.eXIf) orientation = readOrientation(body);
    at = end;
  }
  const png = { ...readHeader(view, palette), data };
  const { width, height } = png;
  const decode = async (): Promise<Raster> => {
    checkData(png);
    return decodePng(png);
  };
  // Rows are written as they are inflated.
  return { width, height, orientation, bytesPerPixel: 3, decode };
}

function readHeader(view: DataView, palette: Uint8Array | undefined): Omit<Png, "data"> {
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, color, compression, filter, interlace] = Array.from({ length: 5 }, (_, i) =>
    view.getUint8(24 + i),
  ) as [number, number, number, number, number];
  const [channels = 0, depths = ""] = colorTypes[color] ?? [];
  if (!depths.split(" ").includes(`${depth}`) || compression + filter > 0 || interlace > 1) {
    throw new ImageError(
      `its header is invalid: colour type ${color}, ${depth} bits, compression ${compression}, ` +
        `filter ${filter}, interlace ${interlace}`,
    );
  }
  const header = { width, height, depth, channels, isInterlaced: interlace === 1 };
  return color === indexed ? { ...header, palette: palette ?? new Uint8Array() } : header;
}

/** Rejects a file that cannot contain its rows, before memory is allocated for them. */
function checkData(png: Png): void {
  const rows = passesOf(png).reduce((sum, p) => sum + p.lines * (1 + rowBytes(png, p.columns)), 0);
  const stored = png.data.reduce((sum, part) => sum + part.length, 0);
  if (rows > stored * greatestInflation) {
    throw new ImageError(
      `${png.width} x ${png.height} pixels need ${rows} bytes, but ${stored} bytes of compressed data cannot hold them: ` +
        "rows are missing",
    );
  }
}
