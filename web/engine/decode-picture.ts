import { decodeImage } from "../../src/image/codec.js";
import { checkSize, type Raster } from "../../src/image/raster.js";

const signatures: readonly (readonly number[])[] = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
  [0x52, 0x49, 0x46, 0x46],
];

/**
 * A picture's pixels. The library's decoder reads PNG, JPEG and WebP, as on the command line; the browser reads other
 * formats that it supports, such as GIF and AVIF.
 *
 * @throws {ImageError} if neither can decode it
 */
export async function decodePicture(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Raster> {
  const isKnown = signatures.some((s) => s.every((byte, i) => bytes[i] === byte));
  return (isKnown ? undefined : await byBrowser(bytes, name)) ?? decodeImage(bytes, name);
}

async function byBrowser(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<Raster | undefined> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });
  } catch {
    return undefined;
  }
  const { width, height } = bitmap;
  checkSize(width, height, name);
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[i * 3 + c] = rgba[i * 4 + c]!;
  }
  return { width, height, data };
}
