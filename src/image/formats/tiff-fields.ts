import { ImageError } from "../../errors.js";

/** Bytes of a number by field type: BYTE, SHORT, LONG. */
const sizes: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4 };

/** The numbers of a TIFF file's first page, by tag. */
export type TiffFields = (tag: number) => readonly number[] | undefined;

export interface TiffDirectory {
  readonly isLittle: boolean;
  readonly fields: TiffFields;
}

/** Reads the first directory of a TIFF file (TIFF 6.0, section 2). @throws {ImageError} if the file ends within it */
export function readDirectory(bytes: Uint8Array): TiffDirectory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = bytes[0] === 0x49;
  const numberAt = (at: number, size: 1 | 2 | 4): number =>
    size === 1
      ? view.getUint8(at)
      : size === 2
        ? view.getUint16(at, isLittle)
        : view.getUint32(at, isLittle);
  const start = bytes.length < 8 ? Infinity : numberAt(4, 4);
  const truncated = new ImageError("the file is truncated before its size is known");
  if (start + 2 > bytes.length) throw truncated;
  const count = numberAt(start, 2);
  if (start + 2 + 12 * count > bytes.length) throw truncated;
  const positions = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const at = start + 2 + 12 * i;
    const tag = numberAt(at, 2);
    if (!positions.has(tag)) positions.set(tag, at);
  }
  const fields: TiffFields = (tag) => {
    const at = positions.get(tag);
    const size = at === undefined ? undefined : sizes[numberAt(at + 2, 2)];
    if (at === undefined || size === undefined) return undefined;
    const length = numberAt(at + 4, 4);
    const from = length * size <= 4 ? at + 8 : numberAt(at + 8, 4);
    if (from + length * size > bytes.length) {
      throw new ImageError(`the file is truncated within its tag ${tag}`);
    }
    return Array.from({ length }, (_, i) => numberAt(from + i * size, size));
  };
  return { isLittle, fields };
}
