import { ImageError } from "../errors.js";
import { readJpeg, type ChromaSampling } from "./jpeg.js";
import { readOrientation } from "./orientation.js";
import type { PngHeader } from "./png-data.js";
import { checkSize } from "./raster.js";

/** What a PNG or JPEG file says of itself before any pixel is decoded. */
export interface Container {
  readonly format: "png" | "jpeg";
  readonly width: number;
  readonly height: number;
  /** Of a PNG: its header, and the contents of its IDAT chunks. */
  readonly png?: { readonly header: PngHeader; readonly data: readonly Uint8Array[] };
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** Of a JPEG in YCbCr: how it samples chroma. */
  readonly chroma?: ChromaSampling;
  /** The file without what the decoder would take amiss. */
  readonly bytes: Uint8Array;
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const jpegSignature = [0xff, 0xd8, 0xff];

/**
 * Reads a file's outer structure: format, size and orientation.
 *
 * @throws {ImageError} where it is neither PNG nor JPEG, ends early, or announces more pixels than are allowed.
 */
export function readContainer(bytes: Uint8Array, name: string): Container {
  const isPng = startsWith(bytes, pngSignature);
  if (!isPng && !startsWith(bytes, jpegSignature)) {
    throw new ImageError(
      bytes.length === 0
        ? `${name} is empty`
        : `${name} is not a picture that can be read: PNG and JPEG are. Convert any other format first`,
    );
  }
  const header = isPng ? readPng(bytes) : readJpeg(bytes);
  if (header === undefined) {
    throw new ImageError(`${name} is damaged or truncated: it ends before its size is known`);
  }
  checkSize(header.width, header.height, name);
  return { format: isPng ? "png" : "jpeg", ...header };
}

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/** Walks the chunks (https://www.w3.org/TR/png-3/): length, type, data, CRC. */
function readPng(bytes: Uint8Array): Omit<Container, "format"> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 33 || view.getUint32(12) !== chunkType("IHDR")) return undefined;
  let orientation = 1;
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === chunkType("IDAT")) data.push(bytes.subarray(at + 8, end - 4));
    if (type === chunkType("eXIf")) orientation = readOrientation(bytes.subarray(at + 8, end - 4));
    // pngjs 7 paints pixels of the transparent colour black; Pillow's convert("RGB") keeps their colour.
    if (type !== chunkType("tRNS")) kept.push(bytes.subarray(at, end));
    at = end;
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const header = {
    width,
    height,
    depth: bytes[24]!,
    color: bytes[25]!,
    interlaced: bytes[28] === 1,
  };
  return { width, height, png: { header, data }, orientation, bytes: concat(kept) };
}

/** The four ASCII letters as the big-endian number that they are in the file. */
function chunkType(name: string): number {
  return new DataView(new TextEncoder().encode(name).buffer).getUint32(0);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
