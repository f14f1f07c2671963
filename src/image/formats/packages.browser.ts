import type { JimpFormat } from "./packages.js";
import type { Pixels } from "../raster.js";
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

/** Browser version of packages.ts: compresses to a zlib stream, at the browser's own level. */
export async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}
