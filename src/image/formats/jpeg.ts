import { ImageError } from "../../errors.js";
import { decodeCmykJpeg } from "./cmyk-jpeg.js";
import { readOrientation } from "./orientation.js";
import type { PictureFile } from "./picture-file.js";
import { decodeByWasm } from "./wasm-decoder.js";

/**
 * Maximum scans. Progressive files have about ten; each scan costs a pass over the whole picture, however small its
 * data.
 */
const mostScans = 100;

/** Minimum bits per block: one for DC and, in a sequential file, one for "no AC". */
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
  /** Total bytes of entropy-coded data in all scans. */
  readonly bytes: number;
}

/**
 * Reads the headers of a JPEG file and measures its scans.
 *
 * @throws {ImageError} if the file has no end marker (Pillow: "image file is truncated"), or its scans are too short
 *   for the declared size
 */
export function readJpeg(bytes: Uint8Array): PictureFile {
  const { frame, scans, orientation } = readSegments(bytes);
  const { width, height, components } = frame;
  const isCmyk = components.length === 4;
  // For files with several scans, libjpeg keeps all coefficients, 2 bytes each. RGBA and its copy take 8 bytes per
  // pixel.
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
    if (bytes[at] !== 0xff) throw new ImageError(`no marker at byte ${at}: the file is damaged`);
    if (marker === 0xff) {
      at++; // fill byte
      continue;
    }
    if (marker === 0xd9) {
      if (frame === undefined || scans.count === 0) break;
      return { frame, scans, orientation };
    }
    const body = bytes.subarray(at + 4, at + 2 + bytes[at + 2]! * 256 + bytes[at + 3]!);
    // libjpeg uses the first frame and rejects a second.
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
      ? "the file is truncated before its size is known"
      : "the file is truncated: it has no end marker",
  );
}

/** Offset of the next marker after a scan. FF 00 is scan data, and restart markers lie inside the scan. */
function endOfScan(bytes: Uint8Array, start: number): number {
  let at = bytes.indexOf(0xff, start);
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1]!;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
    at = bytes.indexOf(0xff, at + (next === 0xff ? 1 : 2));
  }
  return bytes.length;
}

/** SOF0 to SOF15, except DHT, JPG and DAC, which share the range. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function readFrame(body: Uint8Array, marker: number): Frame | undefined {
  const count = body[5];
  if (count === undefined || body.length < 6 + count * 3) return undefined;
  if (![0xc0, 0xc1, 0xc2].includes(marker)) {
    throw new ImageError(
      `its coding process (SOF${marker - 0xc0}) is not supported; save it as baseline or progressive JPEG`,
    );
  }
  const components = Array.from({ length: count }, (_, i) => {
    const factors = body[7 + i * 3]!;
    return { h: factors >> 4, v: factors & 15 };
  });
  if (components.length === 0 || components.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) {
    throw new ImageError("its header has invalid components or sampling factors");
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

/** Samples of all components, in whole 8 x 8 blocks. */
function sampleCount({ width, height, components }: Frame): number {
  const across = Math.max(...components.map(({ h }) => h));
  const down = Math.max(...components.map(({ v }) => v));
  const blocks = components.map(
    ({ h, v }) => Math.ceil((width * h) / (8 * across)) * Math.ceil((height * v) / (8 * down)),
  );
  return 64 * blocks.reduce((sum, n) => sum + n, 0);
}

/** Rejects scans that are too short: libjpeg fills them with grey, at the memory cost of the declared size. */
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
    throw new ImageError(`it has ${scans.count} scans, but the limit is ${mostScans}`);
  }
}
