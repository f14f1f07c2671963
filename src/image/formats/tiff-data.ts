import { ImageError } from "../../errors.js";
import { greatestInflation, InflatedStream } from "./inflate.js";

/**
 * Decompresses a strip or tile into `into`. @returns the number of bytes written, fewer if the data ends or is damaged
 */
type Decompress = (data: Uint8Array, into: Uint8Array) => number | Promise<number>;

interface Compression {
  readonly decompress: Decompress;
  /** Maximum bytes that one byte of data can represent. */
  readonly greatestExpansion: number;
}

const deflate: Compression = {
  greatestExpansion: greatestInflation,
  decompress: async (data, into) => {
    const stream = new InflatedStream([data]);
    const filled = await stream.read(into);
    stream.close();
    return filled;
  },
};

/** Compressions by their number in the file (TIFF 6.0 and its supplements). */
const compressions: Readonly<Record<number, Compression>> = {
  1: {
    greatestExpansion: 1,
    decompress: (data, into) => {
      into.set(data.subarray(0, into.length));
      return Math.min(data.length, into.length);
    },
  },
  // A code of at least 9 bits represents at most 3839 bytes, the longest string in a table of 4096.
  5: { decompress: decompressLzw, greatestExpansion: 3839 },
  8: deflate,
  32773: { decompress: unpackBits, greatestExpansion: 64 },
  32946: deflate,
};

export const isSupported = (compression: number): boolean =>
  Object.hasOwn(compressions, compression);

/** Decompresses `length` bytes. @throws {ImageError} if the data is damaged or too short for that */
export async function decompress(
  compression: number,
  data: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  const { decompress: read, greatestExpansion } = compressions[compression]!;
  const damaged = new ImageError("rows are missing: the file is damaged or truncated");
  if (data.length * greatestExpansion < length) throw damaged;
  const into = new Uint8Array(length);
  if ((await read(data, into)) < length) throw damaged;
  return into;
}

/** PackBits: a count n < 128 before n + 1 literal bytes, or n > 128 before a byte that is repeated 257 − n times. */
function unpackBits(data: Uint8Array, into: Uint8Array): number {
  let filled = 0;
  for (let at = 0; at < data.length && filled < into.length;) {
    const count = data[at++]!;
    if (count < 128) {
      const literal = data.subarray(at, at + Math.min(count + 1, into.length - filled));
      into.set(literal, filled);
      filled += literal.length;
      at += count + 1;
    } else if (count > 128 && at < data.length) {
      const end = Math.min(into.length, filled + 257 - count);
      into.fill(data[at++]!, filled, end);
      filled = end;
    }
  }
  return filled;
}

const [clear, end] = [256, 257];
const tableSize = 4096;

/**
 * LZW with codes of 9 to 12 bits, most significant bit first; the width grows one code early (TIFF 6.0, section 13).
 * A string is the string of an earlier code and one byte.
 */
function decompressLzw(data: Uint8Array, into: Uint8Array): number {
  const prefix = new Uint16Array(tableSize);
  const last = Uint8Array.from({ length: tableSize }, (_, code) => code);
  const first = last.slice();
  const lengths = new Uint16Array(tableSize).fill(1);
  let [bit, width, next, old, filled] = [0, 9, end + 1, -1, 0];
  while (filled < into.length && bit + width <= 8 * data.length) {
    const at = bit >> 3;
    const three = (data[at]! << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    const code = (three >> (24 - (bit & 7) - width)) & ((1 << width) - 1);
    bit += width;
    if (code === end) break;
    if (code === clear) {
      [width, next, old] = [9, end + 1, -1];
      continue;
    }
    if (old >= 0 && next < tableSize) {
      prefix[next] = old;
      first[next] = first[old]!;
      last[next] = first[code === next ? old : code]!;
      lengths[next] = lengths[old]! + 1;
      next++;
    }
    if (code >= next || (old < 0 && code > 255)) break;
    let place = filled + lengths[code]! - 1;
    for (let c = code; place >= filled; c = prefix[c]!) {
      if (place < into.length) into[place] = last[c]!;
      place--;
    }
    filled = Math.min(into.length, filled + lengths[code]!);
    if (next >= (1 << width) - 1 && width < 12) width++;
    old = code;
  }
  return filled;
}
