import { ImageError } from "../../errors.js";
import { decodeByJimp } from "./packages.js";
import type { PictureFile } from "./picture-file.js";
import { dropAlpha, type Raster } from "../raster.js";

/** Where the first frame's parts lie in the file. */
interface FirstFrame {
  /** Of the colours: three bytes each. */
  readonly palette: number;
  /** The index of the transparent colour, and where the flag stands that says so. */
  readonly transparent?: number;
  readonly flags?: number;
  readonly pixels: number;
  readonly data: number;
  readonly end: number;
}

const [extension, picture] = [0x21, 0x2c];
const graphicControl = 0xf9;

/** A code of 12 bits stands for at most the 3839 pixels of the longest string in a table of 4096. */
const mostPixelsPerByte = 2560;

/**
 * The first frame of a GIF (https://www.w3.org/Graphics/GIF/spec-gif89a.txt).
 *
 * @throws {ImageError} where it ends before that
 */
export function readGif(bytes: Uint8Array): PictureFile {
  if (bytes.length < 13) throw new ImageError("the file ends before its size is known");
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
  throw new ImageError("the file ends before its first frame does: it is damaged or cut off");
}

/** Three bytes for each of 2^(n+1) colours, where the packed field says that there are any. */
function paletteBytes(packed: number): number {
  return packed & 0x80 ? 3 << ((packed & 7) + 1) : 0;
}

/** The end of a row of blocks, each after its length; the last is empty. */
function endOfBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! > 0) at += 1 + bytes[at]!;
  if (at >= bytes.length) throw new ImageError("the file ends inside a block: it is cut off");
  return at + 1;
}

/** Transparent pixels keep their colour, as in Pillow; so does what the frame leaves free. */
async function decodeFrame(bytes: Uint8Array, frame: FirstFrame): Promise<Raster> {
  const bytesOfData = frame.end - frame.data;
  if (frame.pixels > bytesOfData * mostPixelsPerByte) {
    throw new ImageError(
      `${bytesOfData} bytes of data cannot hold ${frame.pixels} pixels: it is damaged or cut off`,
    );
  }
  const still = new Uint8Array(frame.end + 1);
  still.set(bytes.subarray(0, frame.end));
  if (frame.flags !== undefined) still[frame.flags]! &= 0xfe;
  still[frame.end] = 0x3b; // the trailer: no further frame is read
  const pixels = await decodeByJimp("gif", still);
  const { data } = pixels;
  const color = frame.palette + 3 * (frame.transparent ?? 0);
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) data.set(bytes.subarray(color, color + 3), i);
  }
  return dropAlpha(pixels);
}
