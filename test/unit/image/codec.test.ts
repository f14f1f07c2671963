import { readFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { FullgradError, ImageError } from "../../../src/errors.js";
import { decodeImage, encodePng } from "../../../src/image/codec.js";
import { orient, readOrientation } from "../../../src/image/formats/orientation.js";

const fixture = (name: string) =>
  readFileSync(new URL(`../../../fixtures/images/${name}`, import.meta.url));

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

interface PngParts {
  size: readonly [width: number, height: number];
  depth: number;
  /** 0 grey, 2 RGB. */
  color: number;
  /** Each row begins with its filter, 0. */
  rows: readonly number[];
  interlaced?: boolean;
  extra?: Buffer[];
}

function png(parts: PngParts): Buffer {
  return pngOf(parts, deflateSync(Uint8Array.from(parts.rows)));
}

/** With the given compressed pixel data. */
function pngOf(parts: Omit<PngParts, "rows">, packed: Uint8Array): Buffer {
  const { size, depth, color, interlaced = false, extra = [] } = parts;
  const [width, height] = size;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, color, 0, 0, interlaced ? 1 : 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    ...extra,
    chunk("IDAT", packed),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const exif = (orientation: number) =>
  Uint8Array.of(
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    1,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
  );

describe("PNG", () => {
  test("round-trips", async () => {
    const raster = {
      width: 5,
      height: 3,
      data: Uint8Array.from({ length: 45 }, (_, i) => (i * 53) % 256),
    };
    expect(await decodeImage(await encodePng(raster), "x.png")).toEqual(raster);
  });

  test("of 16 bits keeps the high byte, grey and colour", async () => {
    const grey = png({ size: [2, 1], depth: 16, color: 0, rows: [0, 0x12, 0xff, 0xfe, 0x00] });
    expect([...(await decodeImage(grey, "x")).data]).toEqual([18, 18, 18, 254, 254, 254]);
    const color = png({ size: [1, 1], depth: 16, color: 2, rows: [0, 1, 255, 2, 255, 3, 255] });
    expect([...(await decodeImage(color, "x")).data]).toEqual([1, 2, 3]);
  });

  test("of 1 bit is black and white", async () => {
    const bits = png({ size: [2, 1], depth: 1, color: 0, rows: [0, 0x40] });
    expect([...(await decodeImage(bits, "x")).data]).toEqual([0, 0, 0, 255, 255, 255]);
  });

  test("keeps the colour of transparent pixels", async () => {
    const extra = [chunk("tRNS", Uint8Array.of(0, 7, 0, 8, 0, 9))];
    const bytes = png({ size: [1, 1], depth: 8, color: 2, rows: [0, 7, 8, 9], extra });
    expect([...(await decodeImage(bytes, "x")).data]).toEqual([7, 8, 9]);
  });

  test("with an EXIF block is turned upright", async () => {
    const extra = [chunk("eXIf", exif(6))];
    const bytes = png({ size: [2, 1], depth: 8, color: 0, rows: [0, 10, 20], extra });
    const raster = await decodeImage(bytes, "x");
    expect([raster.width, raster.height, raster.data[0], raster.data[3]]).toEqual([1, 2, 10, 20]);
  });
});

describe("a PNG with missing pixels is rejected, never filled with uninitialized memory", () => {
  const grey = { depth: 8, color: 0 };
  const decode = (bytes: Uint8Array) => decodeImage(bytes, "x.png");

  test("if rows are missing", async () => {
    const rows = Array.from({ length: 47 }, () => [0, ...new Array<number>(48 * 3).fill(9)]).flat();
    const short = png({ size: [48, 48], depth: 8, color: 2, rows });
    await expect(decode(short)).rejects.toThrow(ImageError);
    await expect(decode(short)).rejects.toThrow(
      "x.png cannot be decoded: its data are truncated or damaged after 47 of 48 rows",
    );
  });

  test("if the last byte is missing, but not if it is present", async () => {
    const size = [3, 2] as const;
    const rows = [0, 1, 2, 3, 0, 4, 5, 6];
    await expect(decode(png({ size, ...grey, rows: rows.slice(0, -1) }))).rejects.toThrow(
      "1 of 2 rows",
    );
    expect(
      [...(await decode(png({ size, ...grey, rows }))).data].filter((_, i) => i % 3 === 0),
    ).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("if the pixel data are missing", async () => {
    await expect(decode(png({ size: [3, 2], ...grey, rows: [] }))).rejects.toThrow("0 of 2 rows");
    await expect(decode(pngOf({ size: [3, 2], ...grey }, Buffer.alloc(0)))).rejects.toThrow(
      "rows are missing",
    );
  });

  test("if the file is truncated", async () => {
    const whole = Buffer.from(fixture("rgb.png"));
    for (const share of [0.3, 0.6, 0.9]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      await expect(decode(cut)).rejects.toThrow(/after \d+ of \d+ rows/);
    }
  });

  test("if its rows are damaged", async () => {
    const packed = deflateSync(Uint8Array.from([0, 1, 2, 3, 0, 4, 5, 6]));
    packed[3]! ^= 0xff;
    await expect(decode(pngOf({ size: [3, 2], ...grey }, packed))).rejects.toThrow(ImageError);
  });

  test("interlaced, by its passes; one without a column has no rows", async () => {
    // Adam7 of 2 x 2: pass 1 has (0,0), pass 6 (1,0), pass 7 the second row; the others are empty.
    const size = [2, 2] as const;
    const rows = [0, 10, 0, 20, 0, 30, 40];
    const decoded = await decode(png({ size, ...grey, interlaced: true, rows }));
    expect([...decoded.data].filter((_, i) => i % 3 === 0)).toEqual([10, 20, 30, 40]);
    const short = png({ size, ...grey, interlaced: true, rows: rows.slice(0, -1) });
    await expect(decode(short)).rejects.toThrow("after 2 of 3 rows");
  });
});

describe("JPEG", () => {
  test.each([3, 6, 8])("with EXIF orientation %i is turned upright", async (orientation) => {
    // One picture stored in four orientations: equal after rotation, up to coding losses.
    const upright = await decodeImage(fixture("orientation-1.jpg"), "x");
    const turned = await decodeImage(fixture(`orientation-${orientation}.jpg`), "x");
    expect([turned.width, turned.height]).toEqual([upright.width, upright.height]);
    const worst = turned.data.reduce((m, v, i) => Math.max(m, Math.abs(v - upright.data[i]!)), 0);
    expect(worst).toBeLessThanOrEqual(8);
  });
});

describe("orientation", () => {
  const letters = {
    width: 3,
    height: 2,
    data: Uint8Array.from([...Buffer.from("abcdef")].flatMap((c) => [c, 0, 0])),
  };

  test.each([
    [1, "abc/def"],
    [2, "cba/fed"],
    [3, "fed/cba"],
    [4, "def/abc"],
    [5, "ad/be/cf"],
    [6, "da/eb/fc"],
    [7, "fc/eb/da"],
    [8, "cf/be/ad"],
    [9, "abc/def"],
  ])("%i shows %s", (orientation, expected) => {
    const { width, data } = orient(letters, orientation);
    const text = String.fromCharCode(...data.filter((_, i) => i % 3 === 0));
    expect(text.match(new RegExp(`.{${width}}`, "g"))?.join("/")).toBe(expected);
  });

  test("is read in both byte orders, and defaults to upright", () => {
    expect(readOrientation(exif(6))).toBe(6);
    const little = Uint8Array.of(
      0x49,
      0x49,
      42,
      0,
      8,
      0,
      0,
      0,
      1,
      0,
      0x12,
      1,
      3,
      0,
      1,
      0,
      0,
      0,
      8,
      0,
      0,
      0,
    );
    expect(readOrientation(little)).toBe(8);
    expect(readOrientation(exif(77))).toBe(1);
    for (let length = 0; length < 22; length++) {
      expect(readOrientation(exif(6).subarray(0, length))).toBe(1);
    }
  });
});

describe("a file that is not a valid picture", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /^a\/b\.png is empty$/],
    [
      "text",
      Buffer.from("# hello, world"),
      /^a\/b\.png is not in a supported picture format \(PNG, JPEG, WebP, GIF, BMP or TIFF\)/,
    ],
    ["a GIF's first bytes", Buffer.from("GIF89a\x01\x00\x01\x00"), /truncated before its size/],
    ["a PNG signature alone", fixture("rgb.png").subarray(0, 20), /truncated before its size/],
    [
      "half a PNG",
      fixture("rgb.png").subarray(0, 3000),
      /truncated or damaged after \d+ of \d+ rows/,
    ],
    ["a JPEG's first bytes", fixture("rocket.jpg").subarray(0, 30), /truncated before its size/],
    ["half a JPEG", fixture("rocket.jpg").subarray(0, 50_000), /truncated: it has no end marker/],
    [
      "a PNG bomb",
      png({ size: [60_000, 60_000], depth: 8, color: 2, rows: [0] }),
      /60000 x 60000 pixels exceed the limit of 89478485/,
    ],
    ["an empty PNG", png({ size: [0, 9], depth: 8, color: 2, rows: [0] }), /no pixels/],
  ])("is refused by name: %s", async (_, bytes, message) => {
    const decoded = decodeImage(bytes, "a/b.png");
    await expect(decoded).rejects.toBeInstanceOf(ImageError);
    await expect(decoded).rejects.toThrow(message);
  });

  test("damage anywhere gives a picture or an ImageError", async () => {
    let state = 1;
    const random = (n: number) => (state = (state * 48271) % 2147483647) % n;
    const seeds = ["420-progressive.jpg", "444.jpg", "palette-4.png", "rgb-16-interlaced.png"];
    seeds.push("alpha.webp", "lossless.webp", "animated.gif", "palette.bmp", "cmyk.jpg");
    for (const name of seeds) {
      for (let round = 0; round < 60; round++) {
        const bytes = Uint8Array.from(fixture(`../pictures/${name}`));
        for (let i = 0; i < 3; i++) bytes[random(bytes.length)] = random(256);
        const error: unknown = await decodeImage(bytes, name).catch((e: unknown) => e);
        expect(!(error instanceof Error) || error instanceof FullgradError).toBe(true);
      }
    }
  });
});

describe("encodePng", () => {
  /** The colour type in the file's header: 2 RGB, 3 indexed. */
  const colorType = (file: Uint8Array): number => file[25]!;

  test.each([
    [1, 3],
    [256, 3],
    [257, 2],
  ])(
    "a picture of %d colours has colour type %d, and its pixels come back",
    async (count, type) => {
      const [width, height] = [23, 19];
      const data = new Uint8Array(width * height * 3);
      for (let i = 0; i < width * height; i++) {
        const color = i % count;
        data.set([color & 255, (color * 7) & 255, color >> 8], i * 3);
      }
      const file = await encodePng({ width, height, data });
      expect(colorType(file)).toBe(type);
      expect(await decodeImage(file, "it")).toEqual({ width, height, data });
    },
  );
});
