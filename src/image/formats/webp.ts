import { ImageError } from "../../errors.js";
import { readOrientation } from "./orientation.js";
import type { PictureFile } from "./picture-file.js";
import { decodeByWasm } from "./wasm-decoder.js";

interface WebpSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Walks the chunks of a WebP file (RFC 9649): type, little-endian length, data, a padding byte after odd lengths.
 *
 * @throws {ImageError} if the size is missing, or the picture is an animation
 */
export function readWebp(bytes: Uint8Array): PictureFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let size: WebpSize | undefined;
  let orientation = 1;
  let isLossless = false;
  for (let at = 12; at + 8 <= bytes.length;) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const end = at + 8 + view.getUint32(at + 4, true);
    const body = bytes.subarray(at + 8, end);
    if (type === "ANIM") {
      throw new ImageError("animations are not supported; save the first frame as a still picture");
    }
    if (type === "VP8L") isLossless = true;
    size ??= sizeIn(type, body);
    if (type === "EXIF") orientation = readOrientation(withoutTag(body));
    at = end + (end % 2);
  }
  if (size === undefined) throw new ImageError("the file is truncated before its size is known");
  // RGBA and its copy; lossless decoding also holds ARGB.
  const bytesPerPixel = isLossless ? 13 : 9;
  return { ...size, orientation, bytesPerPixel, decode: () => decodeByWasm("webp", bytes) };
}

/** The size in a chunk: the canvas, a lossy or a lossless bit stream. */
function sizeIn(type: string, body: Uint8Array): WebpSize | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (type === "VP8X" && body.length >= 10) {
    const at = (i: number) => 1 + view.getUint16(i, true) + view.getUint8(i + 2) * 65536;
    return { width: at(4), height: at(7) };
  }
  if (type === "VP8 " && body.length >= 10) {
    return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
  }
  if (type === "VP8L" && body.length >= 5) {
    const bits = view.getUint32(1, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  return undefined;
}

/** Some writers start the block with a tag, as in JPEG. */
function withoutTag(exif: Uint8Array): Uint8Array {
  return String.fromCharCode(...exif.subarray(0, 4)) === "Exif" ? exif.subarray(6) : exif;
}
