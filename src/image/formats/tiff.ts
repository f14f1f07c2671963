import { ImageError } from "../../errors.js";
import type { Raster } from "../raster.js";
import type { PictureFile } from "./picture-file.js";
import { decompress, isSupported } from "./tiff-data.js";
import { readDirectory, type TiffFields } from "./tiff-fields.js";

/** The first page of a TIFF file. */
interface Page {
  readonly width: number;
  readonly height: number;
  readonly isLittle: boolean;
  readonly bits: number;
  readonly samples: number;
  readonly compression: number;
  /** Samples are differences to their left neighbours. */
  readonly isDifference: boolean;
  /** Maps a row's sample values to a grey level or the levels of a colour. */
  readonly color: TiffColor;
  /** Size of a strip or tile. */
  readonly block: { readonly width: number; readonly height: number; readonly isTile: boolean };
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

type TiffColor = (sample: (i: number) => number, into: Uint8Array, at: number) => void;

/** Tiles up to this size are read for pictures of any size. */
const smallTile = 1 << 20;

/**
 * Reads the first page of a TIFF file: grey, RGB or palette, of up to 8 or of 16 bits, in strips or tiles, uncompressed
 * or with PackBits, LZW or Deflate.
 *
 * @throws {ImageError} if the variant is not supported, or the header is damaged
 * @see https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
 */
export function readTiff(bytes: Uint8Array): PictureFile {
  const page = readPage(bytes);
  const { width, height, bits, samples, orientation } = page;
  return {
    width,
    height,
    orientation,
    // A strip may hold the whole picture.
    bytesPerPixel: 3 + (samples * bits) / 8,
    decode: () => decodePage(bytes, page),
  };
}

function readPage(bytes: Uint8Array): Page & { readonly orientation: number } {
  const { isLittle, fields } = readDirectory(bytes);
  const one = (tag: number, usual?: number): number => {
    const [value = usual] = fields(tag) ?? [];
    if (value === undefined) throw new ImageError(`the file is damaged: tag ${tag} is missing`);
    return value;
  };
  const [width, height, samples, compression] = [one(256), one(257), one(277, 1), one(259, 1)];
  const depths = fields(258) ?? [1];
  const [bits = 1] = depths;
  const [photometric, predictor, extra] = [one(262), one(317, 1), fields(338)?.[0]];
  const wrong =
    unlike("compression", compression, isSupported(compression)) ??
    unlike("bits of a sample", depths, depths.every((d) => d === bits) && samples <= 4) ??
    unlike("the order of bits", one(266, 1), one(266, 1) === 1) ??
    unlike("separate planes", one(284, 1), one(284, 1) === 1 || samples === 1) ??
    unlike("the predictor", predictor, predictor === 1 || (predictor === 2 && bits >= 8)) ??
    unlike("the sample format", one(339, 1), one(339, 1) === 1) ??
    unlike("premultiplied alpha", extra ?? 0, extra !== 1);
  if (wrong !== undefined) {
    throw new ImageError(
      `TIFF files with ${wrong} are not supported; convert the file to PNG first`,
    );
  }
  const isTile = fields(322) !== undefined;
  const block = isTile
    ? { width: one(322), height: one(323), isTile }
    : { width, height: Math.min(height, one(278, height)), isTile };
  const blockBytes = Math.ceil((block.width * samples * bits) / 8) * block.height;
  const isHuge = isTile && blockBytes > Math.max(smallTile, 4 * width * height);
  const count = Math.ceil(width / block.width) * Math.ceil(height / block.height);
  const [offsets = [], lengths = []] = [fields(isTile ? 324 : 273), fields(isTile ? 325 : 279)];
  if (
    !(width > 0 && height > 0 && blockBytes > 0) ||
    isHuge ||
    offsets.length < count ||
    lengths.length < count
  ) {
    throw new ImageError("the file is damaged: its strips or tiles do not cover the picture");
  }
  const orientation = one(274, 1);
  return {
    ...{ width, height, isLittle, bits, samples, compression, block, offsets, lengths },
    isDifference: predictor === 2,
    color: colorOf(photometric, bits, samples, fields),
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
  };
}

const unlike = (what: string, value: number | readonly number[], isFit: boolean) =>
  isFit ? undefined : `${what} ${String(value)}`;

/** @throws {ImageError} if the colour space is not supported */
function colorOf(
  photometric: number,
  bits: number,
  samples: number,
  fields: TiffFields,
): TiffColor {
  const isWhole = [1, 2, 4, 8, 16].includes(bits);
  if (photometric <= 1 && isWhole) {
    // Levels of fewer bits are scaled to 0 to 255; 16-bit levels keep their high byte.
    const scale = bits < 8 ? 255 / (2 ** bits - 1) : 1;
    return (sample, into, at) => {
      const level = sample(0) * scale;
      into.fill(photometric === 0 ? 255 - level : level, at, at + 3);
    };
  }
  if (photometric === 2 && samples >= 3 && bits >= 8 && isWhole) {
    return (sample, into, at) => {
      for (let i = 0; i < 3; i++) into[at + i] = sample(i);
    };
  }
  const palette = fields(320) ?? [];
  if (photometric === 3 && bits <= 8 && isWhole && palette.length === 3 << bits) {
    return (sample, into, at) => {
      for (let i = 0; i < 3; i++) into[at + i] = palette[(i << bits) + sample(0)]! >> 8;
    };
  }
  throw new ImageError(
    `TIFF files of colour space ${photometric} with ${samples} samples of ${bits} bits are not supported; convert the ` +
      "file to PNG first",
  );
}

async function decodePage(bytes: Uint8Array, page: Page): Promise<Raster> {
  const { width, height, bits, samples, compression, block, offsets, lengths } = page;
  const data = new Uint8Array(3 * width * height);
  const rowBytes = Math.ceil((block.width * samples * bits) / 8);
  const across = Math.ceil(width / block.width);
  const count = across * Math.ceil(height / block.height);
  for (let i = 0; i < count; i++) {
    const [left, top] = [(i % across) * block.width, Math.floor(i / across) * block.height];
    const rows = Math.min(block.height, height - top);
    const stored = bytes.subarray(offsets[i], offsets[i]! + lengths[i]!);
    const rowsStored = block.isTile ? block.height : rows;
    const raw = await decompress(compression, stored, rowsStored * rowBytes);
    for (let y = 0; y < rows; y++) {
      const row = raw.subarray(y * rowBytes, (y + 1) * rowBytes);
      if (page.isDifference) addUp(row, page);
      const columns = Math.min(block.width, width - left);
      for (let x = 0; x < columns; x++) {
        const at = 3 * ((top + y) * width + left + x);
        page.color((s) => sampleOf(row, x * samples + s, page), data, at);
      }
    }
  }
  return { width, height, data };
}

/** A sample of up to 8 bits, or the high byte of a 16-bit sample. */
function sampleOf(row: Uint8Array, i: number, { bits, isLittle }: Page): number {
  if (bits === 8) return row[i]!;
  if (bits === 16) return row[2 * i + (isLittle ? 1 : 0)]!;
  const bit = i * bits;
  return (row[bit >> 3]! >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
}

/** Undoes the horizontal predictor: each sample is stored as its difference to the pixel on its left. */
function addUp(row: Uint8Array, { bits, samples, isLittle }: Page): void {
  if (bits === 8) {
    for (let i = samples; i < row.length; i++) row[i]! += row[i - samples]!;
    return;
  }
  const view = new DataView(row.buffer, row.byteOffset, row.length);
  for (let at = 2 * samples; at < row.length; at += 2) {
    const left = view.getUint16(at - 2 * samples, isLittle);
    view.setUint16(at, view.getUint16(at, isLittle) + left, isLittle);
  }
}
