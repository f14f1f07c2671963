import type { Pixels } from "../raster.js";
import {
  withImageData,
  type WasmDecoder,
  type WasmFormat,
  type WasmOptions,
} from "./wasm-decoder.js";

// In browsers, packages.browser.ts replaces this module. Each codec is loaded on first use.

type Factory = (options: object) => Promise<WasmDecoder>;

/** The emscripten module of each format, and its .wasm file. */
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

/**
 * Creates a decoder instance. The .wasm file is read here because the modules would fetch it by URL, which Node's
 * fetch cannot do for files.
 */
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

/** Formats decoded with jimp. */
export type JimpFormat = "gif" | "bmp";

const decoders: Readonly<Record<JimpFormat, () => Promise<(bytes: Buffer) => Pixels>>> = {
  gif: async () => (await import("@jimp/js-gif")).default().decode,
  bmp: async () => (await import("@jimp/js-bmp")).default().decode,
};

/**
 * Decodes a picture to R, G, B, A with jimp.
 *
 * @throws the decoder's error, or an error for a problem that the decoder only logs
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
 * Compresses to a zlib stream that matches only runs of equal bytes (Z_RLE), zlib's strategy for filtered PNG rows.
 * Runs in Node's thread pool.
 */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const [{ constants, deflate: compress }, { promisify }] = await Promise.all([
    import("node:zlib"),
    import("node:util"),
  ]);
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, bytes.length >> 1);
  return promisify(compress)(bytes, { level: 1, strategy: constants.Z_RLE, chunkSize });
}
