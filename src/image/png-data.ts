import { ImageError } from "../errors.js";

/** What the IHDR chunk of a PNG file declares of its pixel data. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly color: number;
  /** Stored in the seven passes of Adam7. */
  readonly interlaced: boolean;
}

const samplesPerPixel: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** First column and row of each pass of Adam7, and the steps to the next ones (PNG, section 8.1). */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Bytes of the inflated pixel data: for each row a filter byte and ⌈width · samples · depth / 8⌉ bytes; of an interlaced
 * picture, that of its passes, where a pass without a column has no rows. undefined of an unknown colour type.
 *
 * @see https://www.w3.org/TR/png-3/#7Scanline
 */
export function pixelDataLength(header: PngHeader): number | undefined {
  const { width, height, depth, color, interlaced } = header;
  const samples = samplesPerPixel[color];
  if (samples === undefined) return undefined;
  const lengthOf = (columns: number, rows: number): number =>
    columns === 0 ? 0 : rows * (1 + Math.ceil((columns * samples * depth) / 8));
  if (!interlaced) return lengthOf(width, height);
  const passes = adam7.map(([x, y, across, down]) => {
    const count = (extent: number, first: number, step: number): number =>
      Math.max(0, Math.ceil((extent - first) / step));
    return lengthOf(count(width, x, across), count(height, y, down));
  });
  return passes.reduce((sum, length) => sum + length, 0);
}

/**
 * Says that a PNG file holds all the pixels that its header declares, and no more where they are interlaced. pngjs 7
 * asks neither: it fills missing rows with memory that others have freed, and inflates an interlaced picture to the end.
 *
 * @param chunks the contents of its IDAT chunks
 * @throws {ImageError} where pixels are missing
 */
export async function checkPixelData(
  header: PngHeader,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const wanted = pixelDataLength(header);
  if (wanted === undefined) return; // The decoder says what is wrong.
  const found = await inflatedLength(chunks, wanted);
  if (found < wanted) {
    const { height, interlaced } = header;
    const rows = Math.floor((found * height) / wanted);
    throw new ImageError(
      interlaced
        ? `its pixel data ends early, after ${found} of ${wanted} bytes`
        : `its pixel data ends early, after ${rows} of ${height} rows`,
    );
  }
  if (found > wanted && header.interlaced) {
    throw new ImageError(`its pixel data goes on beyond the ${wanted} bytes of its header`);
  }
}

/** How many bytes inflate out of the chunks, up to a damage; it stops counting beyond `most`. */
async function inflatedLength(chunks: readonly Uint8Array[], most: number): Promise<number> {
  const packed = new Blob(chunks.map((chunk) => new Uint8Array(chunk))).stream();
  const inflated: ReadableStream<Uint8Array> = packed.pipeThrough(
    new DecompressionStream("deflate"),
  );
  const reader = inflated.getReader();
  let found = 0;
  try {
    while (found <= most) {
      const { done, value } = await reader.read();
      if (done) break;
      found += value.length;
    }
    await reader.cancel();
  } catch {
    // A stream that is damaged or ends early: what came before counts.
  }
  return found;
}
