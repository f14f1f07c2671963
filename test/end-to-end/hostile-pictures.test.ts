import { readFileSync } from "node:fs";
import { crc32, createDeflate, deflateSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { ImageError } from "../../src/errors.js";
import { decodeImage } from "../../src/image/codec.js";

const picture = (name: string) =>
  readFileSync(new URL(`../../fixtures/pictures/${name}`, import.meta.url));

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

/** An interlaced RGB picture of 8 x 8 around these bytes. */
function png(data: Uint8Array, before: Uint8Array = new Uint8Array()): Buffer {
  const header = Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 1);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), before, chunk("IDAT", data)]);
}

/** A little-endian RGB TIFF of one strip, or of one tile of a size of its own, that is deflated. */
function tiff(width: number, height: number, data: Uint8Array, tile?: number): Buffer {
  const place = 8 + data.length + (data.length % 2);
  const tags: [tag: number, value: number][] = [
    ...(
      [
        [256, width],
        [257, height],
        [258, 8],
        [259, 8],
        [262, 2],
        [277, 3],
      ] as const
    ).map(([tag, value]): [number, number] => [tag, value]),
    ...(tile === undefined
      ? [
          [273, 8],
          [279, data.length],
        ]
      : [
          [322, tile],
          [323, tile],
          [324, 8],
          [325, data.length],
        ]
    ).map(([tag, value]): [number, number] => [tag!, value!]),
  ];
  const file = Buffer.alloc(place + 2 + 12 * tags.length + 4);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(place, 4);
  file.set(data, 8);
  file.writeUInt16LE(tags.length, place);
  for (const [i, [tag, value]] of tags.entries()) {
    const at = place + 2 + 12 * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(4, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt32LE(value, at + 8);
  }
  return file;
}

async function deflatedZeros(bytes: number): Promise<Buffer> {
  const deflate = createDeflate();
  const zeros = Buffer.alloc(1 << 20);
  const parts: Buffer[] = [];
  deflate.on("data", (part: Buffer) => parts.push(part));
  for (let at = 0; at < bytes; at += zeros.length) {
    await new Promise((done) => deflate.write(zeros, done));
  }
  await new Promise((done) => deflate.end(done));
  return Buffer.concat(parts);
}

/** A JPEG with another size declared in its frame (SOF0 or SOF2). */
function claiming(name: string, width: number, height: number): Buffer {
  const bytes = Buffer.from(picture(name));
  const frame = Math.max(bytes.indexOf("ffc0", "hex"), bytes.indexOf("ffc2", "hex"));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

const refusal = async (bytes: Uint8Array, maxPixels?: number): Promise<ImageError> => {
  const options = maxPixels === undefined ? {} : { maxPixels };
  const error: unknown = await decodeImage(bytes, "cat", options).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ImageError);
  return error as ImageError;
};

describe("a decompression bomb", () => {
  test("inflates no further than its rows: 256 MiB of zeros in a PNG of 8 x 8", async () => {
    const bytes = png(await deflatedZeros(1 << 28));
    const before = process.resourceUsage().maxRSS;
    const { data } = await decodeImage(bytes, "cat");
    expect(data).toEqual(new Uint8Array(8 * 8 * 3));
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1024); // KiB
  });

  test("in a strip of a TIFF inflates no further than its rows", async () => {
    const zeros = await deflatedZeros(1 << 28);
    const before = process.resourceUsage().maxRSS;
    const { data } = await decodeImage(tiff(8, 8, zeros), "cat");
    expect(data).toEqual(new Uint8Array(8 * 8 * 3));
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1024); // KiB
  });

  test("of a TIFF that claims more than its strip or tile can hold is refused, in little memory", async () => {
    const zeros = deflateSync(Buffer.alloc(1000));
    const before = process.resourceUsage().maxRSS;
    expect((await refusal(tiff(9000, 9000, zeros))).message).toMatch(/rows are missing/);
    expect((await refusal(tiff(8, 8, zeros, 60_000))).message).toMatch(
      /tiles do not cover the picture/,
    );
    expect((await refusal(tiff(0, 8, zeros))).message).toMatch(/do not cover the picture/);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1024); // KiB
  });

  test("with 500,000 text chunks is read quickly", async () => {
    const text = chunk("tEXt", Buffer.from("a\0b"));
    const texts = Buffer.concat(Array.from({ length: 500_000 }, () => text));
    const start = process.cpuUsage();
    await decodeImage(png(deflateSync(Buffer.alloc(8 * 8 * 4)), texts), "cat");
    expect(process.cpuUsage(start).user).toBeLessThan(1e6); // microseconds
  });

  test.each(["420.jpg", "420-progressive.jpg"])(
    "that claims more than its scans can hold is refused: %s",
    async (name) => {
      const { message } = await refusal(claiming(name, 6000, 6000));
      expect(message).toMatch(/^cat cannot be decoded: 6000 x 6000 pixels need at least \d+ bytes/);
    },
  );

  test("is rejected by its size before decoding: PNG, JPEG, WebP, GIF, BMP and TIFF", async () => {
    for (const name of ["rgb.png", "420.jpg", "lossless.webp", "64.gif", "24.bmp", "rgb.tif"]) {
      const { message } = await refusal(picture(name), 61 * 47 - 1);
      expect(message, name).toBe(
        "cat: 61 x 47 pixels exceed the limit of 2866; scale it down first",
      );
      expect((await decodeImage(picture(name), name, { maxPixels: 61 * 47 })).width).toBe(61);
    }
  });

  test("is rejected if its decoder needs more than 6 bytes per pixel of the limit", async () => {
    // 15 bytes a pixel: coefficients of three full channels, RGBA, and its copy.
    const { message } = await refusal(claiming("444-progressive.jpg", 6000, 6000));
    expect(message).toMatch(/needs 540000000 bytes of memory, more than the limit of 536870910/);
  });
});

describe("a damaged picture", () => {
  test("with missing rows is rejected", async () => {
    const { message } = await refusal(png(deflateSync(Buffer.alloc(100))));
    expect(message).toMatch(/truncated or damaged after \d+ of 15 rows$/);
  });

  const kinds = [
    "420.jpg",
    "420-progressive.jpg",
    "lossy.webp",
    "lossless.webp",
    "64.gif",
    "24.bmp",
  ];
  const tiffs = ["rgb.tif", "rgb-lzw.tif", "rgb-packbits.tif", "rgb-deflate-strips.tif"];
  test.each([...kinds, ...tiffs, "tiles-deflate.tif"])(
    "is refused without its last tenth: %s",
    async (name) => {
      const bytes = picture(name);
      await refusal(bytes.subarray(0, Math.floor(bytes.length * 0.9)));
    },
  );

  test.each(["rgb.png", "420.jpg", "lossy.webp", "64.gif", "24.bmp", "rgb-lzw.tif"])(
    "does not lie in what follows it: %s",
    async (name) => {
      const { data } = await decodeImage(picture(name), name);
      const followed = Buffer.concat([picture(name), Buffer.from("and so on ".repeat(50))]);
      expect((await decodeImage(followed, name)).data).toEqual(data);
    },
  );

  // Mutant 106227 of `npm run fuzz`: jimp's decoder never came back from it.
  test("with codes that its table does not have is refused: a GIF", async () => {
    const bytes = picture("transparent.gif");
    const cut = Buffer.concat([bytes.subarray(0, 302), bytes.subarray(313)]);
    expect((await refusal(cut)).message).toMatch(/compressed pixels are damaged/);
  });

  test("of a kind that is not supported is refused by its name", async () => {
    const avif = Buffer.from("\0\0\0\x1cftypavif\0\0\0\0mif1", "latin1");
    expect((await refusal(avif)).message).toMatch(
      /^cat is an AVIF picture, which is not supported/,
    );
    const cmyk = tiff(8, 8, deflateSync(Buffer.alloc(300)));
    cmyk.writeUInt32LE(5, cmyk.indexOf(Buffer.of(6, 1, 4, 0)) + 8); // photometric: separated
    expect((await refusal(cmyk)).message).toMatch(
      /TIFF files of colour space 5 .* are not supported/,
    );
  });

  test("has no side effects: no console output, no global, no broken decoder", async () => {
    const says = (["log", "warn", "error"] as const).map((name) => vi.spyOn(console, name));
    for (const name of ["420.jpg", "lossy.webp", "64.gif"]) {
      const whole = await decodeImage(picture(name), name);
      for (let round = 0; round < 50; round++) {
        const bytes = Buffer.from(picture(name));
        bytes.fill(0x55, 40 + round, 140 + round);
        await decodeImage(bytes, name).catch(() => undefined);
      }
      expect((await decodeImage(picture(name), name)).data).toEqual(whole.data);
    }
    for (const say of says) expect(say).not.toHaveBeenCalled();
    expect("ImageData" in globalThis).toBe(false);
    vi.restoreAllMocks();
  });
});
