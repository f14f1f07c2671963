import { ImageError } from "../../errors.js";
import { decodeByJimp } from "./packages.js";
import type { PictureFile } from "./picture-file.js";
import { dropAlpha, type Raster } from "../raster.js";

/** Byte offsets of the first frame's parts. */
interface FirstFrame {
  /** Offset of the colour table, three bytes per colour. */
  readonly palette: number;
  /** The index of the transparent colour, and the offset of the flag that enables it. */
  readonly transparent?: number;
  readonly flags?: number;
  readonly pixels: number;
  readonly data: number;
  readonly end: number;
}

const [extension, picture] = [0x21, 0x2c];
const graphicControl = 0xf9;

/** A code of at most 12 bits represents at most 3839 pixels, the longest string in a table of 4096. */
const mostPixelsPerByte = 2560;

/**
 * Reads the first frame of a GIF (https://www.w3.org/Graphics/GIF/spec-gif89a.txt).
 *
 * @throws {ImageError} if the file is damaged or truncated within that frame
 */
export function readGif(bytes: Uint8Array): PictureFile {
  if (bytes.length < 13) throw new ImageError("the file is truncated before its size is known");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  const frame = findFrame(bytes, view);
  return {
    width,
    height,
    orientation: 1,
    bytesPerPixel: 6,
    decode: () => decodeFrame(bytes, frame),
  };
}

function findFrame(bytes: Uint8Array, view: DataView): FirstFrame {
  let palette = bytes[10]! & 0x80 ? 13 : undefined;
  let control: Pick<FirstFrame, "transparent" | "flags"> = {};
  let at = 13 + paletteBytes(bytes[10]!);
  while (at + 10 <= bytes.length) {
    const kind = bytes[at]!;
    if (kind === extension) {
      if (bytes[at + 1] === graphicControl && (bytes[at + 3]! & 1) === 1) {
        control = { transparent: bytes[at + 6]!, flags: at + 3 };
      }
      at = endOfBlocks(bytes, at + 2);
      continue;
    }
    if (kind !== picture) break;
    const [left, top, width, height] = [1, 3, 5, 7].map((i) => view.getUint16(at + i, true)) as [
      number,
      number,
      number,
      number,
    ];
    if (left + width > view.getUint16(6, true) || top + height > view.getUint16(8, true)) {
      throw new ImageError("its first frame is larger than the picture: it is damaged");
    }
    if (bytes[at + 9]! & 0x80) palette = at + 10;
    if (palette === undefined) throw new ImageError("it has no palette");
    const data = at + 10 + paletteBytes(bytes[at + 9]!);
    const end = endOfBlocks(bytes, data + 1);
    return { palette, ...control, pixels: width * height, data, end };
  }
  throw new ImageError("the file ends within its first frame: it is damaged or truncated");
}

/** Bytes of the colour table: 3·2^(n+1), or 0 if the packed field's flag is not set. */
function paletteBytes(packed: number): number {
  return packed & 0x80 ? 3 << ((packed & 7) + 1) : 0;
}

/** The end of a sequence of length-prefixed blocks; an empty block ends it. */
function endOfBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! > 0) at += 1 + bytes[at]!;
  if (at >= bytes.length) throw new ImageError("the file is truncated inside a block");
  return at + 1;
}

/** Transparent pixels keep their colour, as in Pillow; so does the area outside the frame. */
async function decodeFrame(bytes: Uint8Array, frame: FirstFrame): Promise<Raster> {
  const bytesOfData = frame.end - frame.data;
  if (frame.pixels > bytesOfData * mostPixelsPerByte) {
    throw new ImageError(
      `${bytesOfData} bytes of data cannot hold ${frame.pixels} pixels: the file is damaged or truncated`,
    );
  }
  checkCodes(bytes, frame.data);
  const still = new Uint8Array(frame.end + 1);
  still.set(bytes.subarray(0, frame.end));
  if (frame.flags !== undefined) still[frame.flags]! &= 0xfe;
  still[frame.end] = 0x3b; // the trailer: ends the file after the first frame
  const pixels = await decodeByJimp("gif", still);
  const { data } = pixels;
  const color = frame.palette + 3 * (frame.transparent ?? 0);
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) data.set(bytes.subarray(color, color + 3), i);
  }
  return dropAlpha(pixels);
}

/**
 * Checks that every LZW code is already in the table or is its next entry. jimp's decoder does not check, and loops
 * forever on an entry that is its own prefix.
 *
 * @param data offset of the code size; the blocks follow
 */
function checkCodes(bytes: Uint8Array, data: number): void {
  const size = bytes[data]!;
  const clear = 1 << size;
  let [width, next, hasOld, bits, count] = [size + 1, clear + 2, false, 0, 0];
  const damaged = new ImageError("its compressed pixels are damaged");
  if (size < 1 || size > 11) throw damaged;
  for (let block = data + 1; bytes[block]! > 0; block += 1 + bytes[block]!) {
    for (const byte of bytes.subarray(block + 1, block + 1 + bytes[block]!)) {
      bits |= byte << count;
      count += 8;
      while (count >= width) {
        const code = bits & ((1 << width) - 1);
        bits >>>= width;
        count -= width;
        if (code === clear + 1) return;
        if (code === clear) {
          [width, next, hasOld] = [size + 1, clear + 2, false];
          continue;
        }
        if (code > (hasOld ? next : clear - 1)) throw damaged;
        if (hasOld && next < 4096) next++;
        if (next >= 1 << width && width < 12) width++;
        hasOld = true;
      }
    }
  }
}
