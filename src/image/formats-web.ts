import type { Pixels } from "./formats.js";
import { jpegOptions } from "./jpeg.js";
import type { Raster } from "./raster.js";

// The decoders that jimp uses in Node, so that a picture has the same pixels here: jimp's own build for browsers
// (1.6.1) is empty. pngjs brings what it needs of Node's zlib and Buffer; jpeg-js needs neither.

/** As pngjs numbers it: R, G, B without A. */
const rgb = 2;

/** As in formats.ts. */
export async function decodePng(bytes: Uint8Array, isDeep: boolean): Promise<Pixels> {
  const { PNG } = (await import("pngjs/browser.js")).default;
  return new Promise((resolve, reject) => {
    new PNG({ skipRescale: isDeep }).parse(bytes, (error, png) => {
      if (error) reject(error);
      else resolve(png);
    });
  });
}

/** As in formats.ts. */
export async function decodeJpeg(bytes: Uint8Array): Promise<Pixels> {
  const { decode } = await import("jpeg-js");
  return decode(bytes, { ...jpegOptions, useTArray: true });
}

/** As in formats.ts. */
export async function writePng({ width, height, data }: Raster): Promise<Uint8Array> {
  const { PNG } = (await import("pngjs/browser.js")).default;
  const options = { colorType: rgb, inputColorType: rgb, inputHasAlpha: false };
  return PNG.sync.write({ width, height, data }, options);
}
