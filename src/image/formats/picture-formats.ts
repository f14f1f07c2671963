import { ImageError } from "../../errors.js";
import { readBmp } from "./bmp.js";
import { readGif } from "./gif.js";
import { readJpeg } from "./jpeg.js";
import type { PictureFile } from "./picture-file.js";
import { readPng } from "./png.js";
import { readTiff } from "./tiff.js";
import { readWebp } from "./webp.js";

/** Formats by file signature; a dot matches any byte. */
const formats: readonly [signature: string, read: (bytes: Uint8Array) => PictureFile][] = [
  ["\x89PNG\r\n\x1a\n", readPng],
  ["\xff\xd8\xff", readJpeg],
  ["RIFF....WEBP", readWebp],
  ["GIF87a", readGif],
  ["GIF89a", readGif],
  ["BM", readBmp],
  ["II*\0", readTiff],
  ["MM\0*", readTiff],
];

/** Formats that are recognized and refused. */
const refused: readonly [signature: string, format: string][] = [
  ["....ftypavif", "an AVIF picture"],
  ["....ftypavis", "an AVIF animation"],
  ["....ftypheic", "a HEIC picture"],
  ["II+\0", "a BigTIFF picture"],
  ["MM\0+", "a BigTIFF picture"],
  ["\xff\x0a", "a JPEG XL picture"],
];

/**
 * Selects the header reader for a file by its first bytes. The reader's errors do not contain the file name.
 *
 * @throws {ImageError} if the format is not recognized
 */
export function readerOf(bytes: Uint8Array, name: string): (bytes: Uint8Array) => PictureFile {
  const format = formats.find(([signature]) => startsWith(bytes, signature));
  if (format !== undefined) return format[1];
  const known = refused.find(([signature]) => startsWith(bytes, signature));
  const what = known
    ? `is ${known[1]}, which is not supported`
    : "is not in a supported picture format";
  throw new ImageError(
    bytes.length === 0
      ? `${name} is empty`
      : `${name} ${what} (PNG, JPEG, WebP, GIF, BMP or TIFF); convert it first`,
  );
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  if (bytes.length < signature.length) return false;
  const letters = signature.split("");
  return letters.every((letter, i) => letter === "." || bytes[i] === letter.charCodeAt(0));
}
