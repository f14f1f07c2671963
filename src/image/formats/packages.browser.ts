import type { JimpFormat } from "./packages.js";
import type { Pixels, Raster } from "../raster.js";
import type { WasmDecoder, WasmFormat, WasmOptions } from "./wasm-decoder.js";

type Factory = (options: WasmOptions) => Promise<WasmDecoder>;

/** As in formats.ts. Bundlers find the .wasm files by `new URL("….wasm", import.meta.url)` in these modules. */
export async function loadDecoder(format: WasmFormat, options: WasmOptions): Promise<WasmDecoder> {
  const module =
    format === "jpeg"
      ? await import("@jsquash/jpeg/codec/dec/mozjpeg_dec.js")
      : await import("@jsquash/webp/codec/dec/webp_dec.js");
  return (module.default as unknown as Factory)(options);
}

/** jimp's formats are made for Node: they bring Buffer into the page. */
export function decodeByJimp(format: JimpFormat): Promise<Pixels> {
  const message = `${format.toUpperCase()} is not read in a browser; convert it to PNG first`;
  return Promise.reject(new Error(message));
}

/** As pngjs numbers them: R, G, B without A; each row less the one above. */
const [rgb, up] = [2, 2];

/** As in formats.ts: pngjs, in one file for browsers, brings what it needs of Node's zlib and Buffer. */
export async function writePng({ width, height, data }: Raster): Promise<Uint8Array> {
  const { PNG } = (await import("pngjs/browser.js")).default;
  const colors = { colorType: rgb, inputColorType: rgb, inputHasAlpha: false };
  const effort = { deflateLevel: 3, deflateStrategy: 0, filterType: up };
  return PNG.sync.write({ width, height, data }, { ...colors, ...effort });
}
