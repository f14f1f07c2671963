import { ImageError } from "../../errors.js";
import { decodeCmykJpeg } from "./cmyk-jpeg.js";
import { readOrientation } from "./orientation.js";
import type { PictureFile } from "./picture-file.js";
import { decodeByWasm } from "./wasm-decoder.js";

/** Progressive files have some ten scans; each passes over the whole picture again, however few bytes it has. */
const mostScans = 100;

/** The shortest Huffman codes: a bit for DC, and in a sequential file one for "no AC". */
const leastBits = { sequential: 2, progressive: 1 };

interface Component {
  readonly h: number;
  readonly v: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly isProgressive: boolean;
  readonly components: readonly Component[];
}

interface Scans {
  readonly count: number;
  /** Bytes of Huffman codes in all of them. */
  readonly bytes: number;
}

/**
 * Reads the headers of a JPEG file and measures its scans.
 *
 * @throws {ImageError} where the file ends before its end marker (Pillow: "image file is truncated"), or its scans are
 *   too short for the size that it claims
 */
export function readJpeg(bytes: Uint8Array): PictureFile {
  const { frame, scans, orientation } = readSegments(bytes);
  const { width, height, components } = frame;
  const isCmyk = components.length === 4;
  // libjpeg keeps the coefficients, 2 bytes each, of files that come in several scans; RGBA and its copy are 8 bytes.
  const samples = sampleCount(frame) / Math.max(1, width * height);
  const kept = frame.isProgressive || scans.count > 1 ? 2 * samples : 0;
  return {
    width,
    height,
    orientation,
    bytesPerPixel: isCmyk ? 55 : 9 + kept,
    decode: async () => {
      checkScans(frame, scans);
      return isCmyk ? decodeCmykJpeg(bytes) : decodeByWasm("jpeg", bytes);
    },
  };
}

/** Walks the marker segments (ITU-T T.81, annex B) to the end of the picture. */
function readSegments(bytes: Uint8Array) {
  let frame: Frame | undefined;
  let orientation = 1;
  const scans = { count: 0, bytes: 0 };
  for (let at = 2; at + 2 <= bytes.length;) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) throw new ImageError(`there is no marker at byte ${at}: it is damaged`);
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    if (marker === 0xd9) {
      if (frame === undefined || scans.count === 0) break;
      return { frame, scans, orientation };
    }
    const body = bytes.subarray(at + 4, at + 2 + bytes[at + 2]! * 256 + bytes[at + 3]!);
    // libjpeg takes the first frame, and refuses a second one.
    if (isFrame(marker)) frame ??= readFrame(body, marker);
    if (marker === 0xe1 && orientation === 1) orientation = exifOrientation(body);
    at += 4 + body.length;
    if (marker !== 0xda) continue;
    const end = endOfScan(bytes, at);
    scans.count++;
    scans.bytes += end - at;
    at = end;
  }
  throw new ImageError(
    frame === undefined
      ? "the file ends before its size is known"
      : "the file ends before its picture does: it is cut off",
  );
}

/** Where the next marker stands; 00 after FF is a byte of the scan, and restart markers lie inside it. */
function endOfScan(bytes: Uint8Array, start: number): number {
  let at = bytes.indexOf(0xff, start);
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1]!;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
    at = bytes.indexOf(0xff, at + (next === 0xff ? 1 : 2));
  }
  return bytes.length;
}

/** SOF0 to SOF15, but for DHT, JPG and DAC, which lie among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function readFrame(body: Uint8Array, marker: number): Frame | undefined {
  const count = body[5];
  if (count === undefined || body.length < 6 + count * 3) return undefined;
  if (![0xc0, 0xc1, 0xc2].includes(marker)) {
    throw new ImageError(
      `it is coded in a rare way (SOF${marker - 0xc0}) that is not read; save it as baseline or progressive JPEG`,
    );
  }
  const components = Array.from({ length: count }, (_, i) => {
    const factors = body[7 + i * 3]!;
    return { h: factors >> 4, v: factors & 15 };
  });
  if (components.length === 0 || components.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) {
    throw new ImageError("its header gives components or sampling factors that do not exist");
  }
  return {
    height: body[1]! * 256 + body[2]!,
    width: body[3]! * 256 + body[4]!,
    isProgressive: marker === 0xc2,
    components,
  };
}

function exifOrientation(body: Uint8Array): number {
  const isExif = String.fromCharCode(...body.subarray(0, 4)) === "Exif";
  return isExif ? readOrientation(body.subarray(6)) : 1;
}

/** Samples of all components, in whole blocks of 8 x 8. */
function sampleCount({ width, height, components }: Frame): number {
  const across = Math.max(...components.map(({ h }) => h));
  const down = Math.max(...components.map(({ v }) => v));
  const blocks = components.map(
    ({ h, v }) => Math.ceil((width * h) / (8 * across)) * Math.ceil((height * v) / (8 * down)),
  );
  return 64 * blocks.reduce((sum, n) => sum + n, 0);
}

/** A scan that is too short is filled with grey by libjpeg, at the cost of the size that the header claims. */
function checkScans(frame: Frame, scans: Scans): void {
  const bits = leastBits[frame.isProgressive ? "progressive" : "sequential"];
  const needed = Math.floor((sampleCount(frame) / 64) * bits) / 8;
  if (scans.bytes < Math.floor(needed)) {
    throw new ImageError(
      `${frame.width} x ${frame.height} pixels need at least ${Math.floor(needed)} bytes of data, but there are ` +
        `${scans.bytes}: part of the picture is missing`,
    );
  }
  if (scans.count > mostScans) {
    throw new ImageError(`it has ${scans.count} scans, more than the limit of ${mostScans}`);
  }
}
