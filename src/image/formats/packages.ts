import type { Pixels, Raster } from "../raster.js";
import {
  withImageData,
  type WasmDecoder,
  type WasmFormat,
  type WasmOptions,
} from "./wasm-decoder.js";

// In a browser formats-web.ts stands for this file. Each codec is loaded at the first picture that needs it.

type Factory = (options: object) => Promise<WasmDecoder>;

/** The emscripten module of each format, and the file that it runs. */
const modules: Readonly<Record<WasmFormat, readonly [wasm: string, load: () => Promise<object>]>> =
  {
    jpeg: [
      "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm",
      () => import("@jsquash/jpeg/codec/dec/mozjpeg_dec.js"),
    ],
    webp: [
      "@jsquash/webp/codec/dec/webp_dec.wasm",
      () => import("@jsquash/webp/codec/dec/webp_dec.js"),
    ],
  };

/** A new instance of a decoder. The modules would fetch their .wasm file by URL, which Node's fetch cannot do. */
export async function loadDecoder(format: WasmFormat, options: WasmOptions): Promise<WasmDecoder> {
  const [wasm, load] = modules[format];
  const [{ readFile }, { createRequire }, module] = await Promise.all([
    import("node:fs/promises"),
    import("node:module"),
    load(),
  ]);
  const wasmBinary = await readFile(createRequire(import.meta.url).resolve(wasm));
  const { default: factory } = module as { readonly default: Factory };
  return withImageData(() => factory({ ...options, wasmBinary }));
}

/** Formats that jimp decodes here. */
export type JimpFormat = "gif" | "bmp";

const decoders: Readonly<Record<JimpFormat, () => Promise<(bytes: Buffer) => Pixels>>> = {
  gif: async () => (await import("@jimp/js-gif")).default().decode,
  bmp: async () => (await import("@jimp/js-bmp")).default().decode,
};

/**
 * R, G, B, A of a picture, by jimp.
 *
 * @throws an error of the decoder's, and one where it complains without throwing
 */
export async function decodeByJimp(format: JimpFormat, bytes: Uint8Array): Promise<Pixels> {
  const decode = await decoders[format]();
  const said: string[] = [];
  const { log } = console;
  console.log = (line: unknown) => void said.push(String(line));
  try {
    const pixels = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    if (said.length > 0) throw new Error(said[0]!.replace(/^Warning, /, ""));
    return pixels;
  } finally {
    console.log = log;
  }
}

/**
 * A PNG file, 8-bit RGB. Rows less the row above at zlib's level 3: an overlay of 224 x 224 takes a third of the time
 * that adaptive filters at level 9 take, and is as small.
 */
export async function writePng({ width, height, data }: Raster): Promise<Uint8Array> {
  const { default: png, PNGColorType, PNGFilterType } = await import("@jimp/js-png");
  const rgb = { width, height, data: Buffer.from(data.buffer, data.byteOffset, data.length) };
  const { COLOR } = PNGColorType;
  const colors = { colorType: COLOR, inputColorType: COLOR, inputHasAlpha: false };
  const effort = { deflateLevel: 3, deflateStrategy: 0, filterType: PNGFilterType.UP };
  return png().encode(rgb, { ...colors, ...effort });
}
