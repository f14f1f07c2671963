import { readOrientation } from "./orientation.js";
import type { Raster } from "./raster.js";

/** What the headers of a JPEG file say. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
  /** Of YCbCr files, how many pixels share a chroma sample; absent for grey, RGB and CMYK. */
  readonly chroma?: ChromaSampling;
  /** The file without the Adobe marker, where that would make jpeg-js 0.4 convert colours itself. */
  readonly bytes: Uint8Array;
}

/** Pixels to a chroma sample; 2 and 2 is what cameras write ("4:2:0"). */
export interface ChromaSampling {
  readonly across: number;
  readonly down: number;
}

interface Component {
  readonly id: number;
  readonly h: number;
  readonly v: number;
}

interface Segments {
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
  readonly orientation: number;
  readonly jfif: boolean;
  readonly adobe?: { readonly transform: number; readonly start: number; readonly end: number };
}

/** For jpeg-js 0.4. */
export const jpegOptions = {
  colorTransform: false, // ours is libjpeg's
  tolerantDecoding: false, // else a file that is cut off comes back half grey
  // Sizes are limited by maxPixels; this is for headers that announce absurd subsampling.
  maxMemoryUsageInMB: 4096,
};

/** Reads the headers; undefined where the file ends, or makes no sense, before its size is known. */
export function readJpeg(bytes: Uint8Array): JpegHeader | undefined {
  const segments = readSegments(bytes);
  if (segments === undefined) return undefined;
  const { width, height, components, orientation, adobe } = segments;
  const header = { width, height, orientation };
  if (components.length !== 3) return { ...header, bytes };

  const plain = new Uint8Array(bytes);
  // Made a comment, so that it says nothing.
  if (adobe !== undefined) plain[adobe.start + 1] = 0xfe;
  if (!isYcc(segments)) return { ...header, bytes: plain };
  const [luma, blue, red] = components as [Component, Component, Component];
  const across = luma.h / blue.h;
  const down = luma.v / blue.v;
  const alike = red.h === blue.h && red.v === blue.v;
  const chroma = alike ? { across, down } : { across: 1, down: 1 };
  return { ...header, chroma, bytes: plain };
}

/** libjpeg's rules (jdapimin.c): JFIF means YCbCr, else Adobe's flag decides, else the letters R, G, B. */
function isYcc({ components, jfif, adobe }: Segments): boolean {
  if (jfif) return true;
  if (adobe !== undefined) return adobe.transform !== 0;
  return String.fromCharCode(...components.map((c) => c.id)) !== "RGB";
}

/** Walks the marker segments (ITU-T T.81, annex B) up to the first scan. */
function readSegments(bytes: Uint8Array): Segments | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let frame: Pick<Segments, "width" | "height" | "components"> | undefined;
  let adobe: Segments["adobe"];
  let orientation = 1;
  let jfif = false;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    if (marker === 0xda) break; // the first scan: pixels from here on
    const end = at + 2 + view.getUint16(at + 2);
    const body = bytes.subarray(at + 4, end);
    if (isFrame(marker)) frame = readFrame(body);
    if (marker === 0xe0 && hasTag(body, "JFIF")) jfif = true;
    if (marker === 0xe1 && hasTag(body, "Exif")) orientation = readOrientation(body.subarray(6));
    if (marker === 0xee && hasTag(body, "Adobe") && body.length >= 12) {
      adobe = { transform: body[11]!, start: at, end };
    }
    at = end;
  }
  return frame && { ...frame, orientation, jfif, ...(adobe && { adobe }) };
}

function hasTag(body: Uint8Array, tag: string): boolean {
  return String.fromCharCode(...body.subarray(0, tag.length)) === tag;
}

/** SOF0 to SOF15, but for DHT, JPG and DAC, which lie among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function readFrame(
  body: Uint8Array,
): Pick<Segments, "width" | "height" | "components"> | undefined {
  const count = body[5];
  if (count === undefined || body.length < 6 + count * 3) return undefined;
  const components = Array.from({ length: count }, (_, i) => {
    const factors = body[7 + i * 3]!;
    return { id: body[6 + i * 3]!, h: factors >> 4, v: factors & 15 };
  });
  return { height: body[1]! * 256 + body[2]!, width: body[3]! * 256 + body[4]!, components };
}

/**
 * R, G, B of a raster that holds Y, Cb, Cr with each chroma sample repeated over its pixels, as libjpeg (and so
 * Pillow) computes it: samples shared by two pixels are interpolated by a triangle, 3/4 and 1/4, and the colour
 * conversion is rounded. jpeg-js repeats and truncates, which is up to 33 levels off at the edge of a colour.
 *
 * @see https://github.com/libjpeg-turbo/libjpeg-turbo/blob/main/src/jdsample.c (h2v1, h1v2, h2v2 "fancy")
 */
export function convertYcc(ycc: Raster, sampling: ChromaSampling): Raster {
  const { width, height, data: source } = ycc;
  const data = new Uint8ClampedArray(source.length);
  const blue = new Uint8Array(width);
  const red = new Uint8Array(width);
  const fix = (factor: number) => Math.floor(factor * 65536 + 0.5);
  const [redOfRed, blueOfBlue] = [fix(1.402), fix(1.772)];
  const [greenOfBlue, greenOfRed] = [fix(0.34414), fix(0.71414)];
  for (let y = 0, at = 0; y < height; y++) {
    upsampleRow(ycc, 1, y, sampling, blue);
    upsampleRow(ycc, 2, y, sampling, red);
    for (let x = 0; x < width; x++, at += 3) {
      const luma = source[at]!;
      const cb = blue[x]! - 128;
      const cr = red[x]! - 128;
      data[at] = luma + ((redOfRed * cr + 0x8000) >> 16);
      data[at + 1] = luma + ((0x8000 - greenOfBlue * cb - greenOfRed * cr) >> 16);
      data[at + 2] = luma + ((blueOfBlue * cb + 0x8000) >> 16);
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

function upsampleRow(
  { width, height, data }: Raster,
  channel: number,
  y: number,
  { across, down }: ChromaSampling,
  row: Uint8Array,
): void {
  const at = (line: number, x: number) => data[(line * width + x) * 3 + channel]!;
  // libjpeg interpolates only where two pixels share a sample, and across only where there are more than two samples.
  const mixesColumns = across === 2 && down <= 2 && width > 4;
  const mixesRows = down === 2 && (across === 1 || mixesColumns);
  const odd = y % 2 === 1;
  const next = odd ? y + 1 : y - 2;
  // The first pixel of a sample's stands for the sample; outside the picture, the border's sample is repeated.
  const other = next < 0 || next >= height ? y : next;
  const sums = new Uint16Array(width);
  for (let x = 0; x < width; x++) sums[x] = mixesRows ? at(y, x) * 3 + at(other, x) : at(y, x);
  if (!mixesColumns) {
    const bias = odd ? 2 : 1;
    for (let x = 0; x < width; x++) row[x] = mixesRows ? (sums[x]! + bias) >> 2 : sums[x]!;
    return;
  }
  const shift = mixesRows ? 4 : 2;
  const [left, right] = mixesRows ? [8, 7] : [1, 2];
  for (let x = 0; x < width; x++) {
    const side = x % 2 === 1 ? x + 1 : x - 1;
    const neighbour = sums[side < 0 || side >= width ? x : side]!;
    row[x] = (sums[x]! * 3 + neighbour + (x % 2 === 1 ? right : left)) >> shift;
  }
}
