import { ImageError } from "../../errors.js";
import { loadDecoder } from "./packages.js";
import { dropAlpha, type Pixels, type Raster } from "../raster.js";

/** Decoders compiled to WebAssembly from C: mozjpeg (libjpeg-turbo's decoder) and libwebp. */
export type WasmFormat = "jpeg" | "webp";

/** A running instance; @jsquash/jpeg and @jsquash/webp declare types that do not exist. */
export interface WasmDecoder {
  /** Of a JPEG, `isUpright` would turn the pixels as EXIF says. */
  decode(bytes: Uint8Array, ...isUpright: boolean[]): Pixels | null;
  /** All of its memory, which never shrinks. */
  readonly HEAPU8: Uint8Array;
}

/** What an instance is made with. */
export interface WasmOptions {
  print(line: string): void;
  printErr(line: string): void;
}

/** An instance with more memory than this is not kept for the next picture. */
const keptBytes = 1 << 26;

interface Kept {
  readonly decoder: WasmDecoder;
  /** What the decoder printed of the picture at hand. */
  readonly printed: string[];
}

const kept = new Map<WasmFormat, Kept>();

/** R, G, B of a picture. @throws {ImageError} with the decoder's own words */
export async function decodeByWasm(format: WasmFormat, bytes: Uint8Array): Promise<Raster> {
  const instance = kept.get(format) ?? (await start(format));
  // From here on nothing waits: no other picture meets this instance, and no one sees our ImageData.
  kept.delete(format);
  instance.printed.length = 0;
  const pixels = decode(format, instance, bytes);
  // After an error the instance is dropped: C's exit() has left its memory as it was.
  if (instance.decoder.HEAPU8.length <= keptBytes) kept.set(format, instance);
  return dropAlpha(pixels);
}

async function start(format: WasmFormat): Promise<Kept> {
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const decoder = await loadDecoder(format, { print, printErr: print });
  return { decoder, printed };
}

function decode(format: WasmFormat, { decoder, printed }: Kept, bytes: Uint8Array): Pixels {
  let reason: string;
  try {
    const pixels = withImageData(() =>
      format === "jpeg" ? decoder.decode(bytes, false) : decoder.decode(bytes),
    );
    if (pixels !== null) return pixels;
    reason = "the decoder finds no picture in it";
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new ImageError(printed.at(-1) ?? reason);
}

/** Runs `run` where there is a class ImageData: the decoders look for it among the globals, and Node has none. */
export function withImageData<T>(run: () => T): T {
  const globals = globalThis as { ImageData?: unknown };
  if (globals.ImageData !== undefined) return run();
  globals.ImageData = Bitmap;
  try {
    return run();
  } finally {
    delete globals.ImageData;
  }
}

class Bitmap implements Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}
