import { ImageError } from "../../errors.js";
import { loadDecoder } from "./packages.js";
import { dropAlpha, type Pixels, type Raster } from "../raster.js";

/** Formats decoded by C code compiled to WebAssembly: mozjpeg (libjpeg-turbo's decoder) and libwebp. */
export type WasmFormat = "jpeg" | "webp";

/** A decoder instance. The type declarations of @jsquash/jpeg and @jsquash/webp are wrong. */
export interface WasmDecoder {
  /** For a JPEG, `isUpright` applies the EXIF orientation. */
  decode(bytes: Uint8Array, ...isUpright: boolean[]): Pixels | null;
  /** The instance's memory, which never shrinks. */
  readonly HEAPU8: Uint8Array;
}

/** Options for creating an instance. */
export interface WasmOptions {
  print(line: string): void;
  printErr(line: string): void;
}

/** An instance with more memory than this is not reused. */
const keptBytes = 1 << 26;

interface Kept {
  readonly decoder: WasmDecoder;
  /** The decoder's output for the current picture. */
  readonly printed: string[];
}

const kept = new Map<WasmFormat, Kept>();

/** Decodes a picture to R, G, B. @throws {ImageError} with the decoder's message */
export async function decodeByWasm(format: WasmFormat, bytes: Uint8Array): Promise<Raster> {
  const instance = kept.get(format) ?? (await start(format));
  // No await from here on: other pictures cannot use this instance, and the temporary global ImageData stays
  // invisible.
  kept.delete(format);
  instance.printed.length = 0;
  const pixels = decode(format, instance, bytes);
  // After an error the instance is dropped, because C's exit() may leave its memory inconsistent.
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
    reason = "the decoder found no picture in the file";
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new ImageError(printed.at(-1) ?? reason);
}

/** Runs `run` with a global ImageData class, which the decoders require and Node lacks. */
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
