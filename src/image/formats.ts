import { jpegOptions } from "./jpeg.js";
import type { Raster } from "./raster.js";

/** What a decoder gives: R, G, B, A for each pixel, as bytes or, of a deep PNG, as 16-bit samples. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** Loaded at the first picture: importing jimp 1.6 takes over 100 ms, and `fullgrad inspect` needs none of it. */
async function formats() {
  const { defaultFormats, PNGColorType } = await import("jimp");
  const all = defaultFormats.map((format) => format());
  return {
    png: all.find((format) => format.mime === "image/png")!,
    jpeg: all.find((format) => format.mime === "image/jpeg")!,
    PNGColorType,
  };
}

/**
 * The pixels of a PNG file, by jimp. In a browser formats-web.ts stands for this file.
 *
 * @throws an error of the decoder's, as all here do
 */
export async function decodePng(bytes: Uint8Array, isDeep: boolean): Promise<Pixels> {
  const { png } = await formats();
  return png.decode(Buffer.from(bytes), { skipRescale: isDeep });
}

/** The pixels of a JPEG file, in the colours that it stores: Y, Cb, Cr mostly. */
export async function decodeJpeg(bytes: Uint8Array): Promise<Pixels> {
  const { jpeg } = await formats();
  return jpeg.decode(Buffer.from(bytes), jpegOptions);
}

/** A PNG file, 8-bit RGB. */
export async function writePng({ width, height, data }: Raster): Promise<Uint8Array> {
  const { png, PNGColorType } = await formats();
  const rgb = { width, height, data: Buffer.from(data.buffer, data.byteOffset, data.length) };
  const { COLOR } = PNGColorType;
  return png.encode(rgb, { colorType: COLOR, inputColorType: COLOR, inputHasAlpha: false });
}
