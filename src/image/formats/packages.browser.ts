import type { JimpFormat } from "./packages.js";
import type { Pixels, Raster } from "../raster.js";
import type { WasmDecoder, WasmFormat, WasmOptions } from "./wasm-decoder.js";

type Factory = (options: WasmOptions) => Promise<WasmDecoder>;

/**
 * Browser version of packages.ts. Bundlers find the .wasm files through `new URL("….wasm", import.meta.url)` in these
 * modules.
 */
export async function loadDecoder(format: WasmFormat, options: WasmOptions): Promise<WasmDecoder> {
  const module =
    format === "jpeg"
      ? await import("@jsquash/jpeg/codec/dec/mozjpeg_dec.js")
      : await import("@jsquash/webp/codec/dec/webp_dec.js");
  return (module.default as unknown as Factory)(options);
}

/** Not supported in browsers: jimp's decoders need Node and would bundle Buffer. */
export function decodeByJimp(format: JimpFormat): Promise<Pixels> {
  const message = `${format.toUpperCase()} is not supported in browsers; convert the file to PNG first`;
  return Promise.reject(new Error(message));
}

/** pngjs' code of RGB without alpha. */
const [rgb, up] = [2, 2];

/**
 * Browser version of packages.ts: the single-file build of pngjs, which includes the parts of Node's zlib and Buffer
 * that it needs.
 */
export async function writePng({ width, height, data }: Raster): Promise<Uint8Array> {
  const { PNG } = (await import("pngjs/browser.js")).default;
  const colors = { colorType: rgb, inputColorType: rgb, inputHasAlpha: false };
  const effort = { deflateLevel: 3, deflateStrategy: 0, filterType: up };
  return PNG.sync.write({ width, height, data }, { ...colors, ...effort });
}
