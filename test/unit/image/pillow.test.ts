import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../../src/image/codec.js";
import { preprocess, presets } from "../../../src/image/preprocess.js";

/** Results of Pillow and torchvision for a file, from fixtures/pictures/make_pictures.py. */
interface Picture {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly rgb: string;
  readonly imagenet?: string;
}

const folder = new URL("../../../fixtures/pictures/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder));
const pictures = JSON.parse(read("pictures.json").toString()) as Picture[];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** libjpeg cannot convert these to RGB, so another decoder is used. */
const near = "cmyk.jpg";

describe("has Pillow's bytes, and torchvision's tensor,", () => {
  test.each(pictures.filter(({ file }) => file !== near).map((p) => [p.file, p] as const))(
    "of %s",
    async (file, { width, height, rgb, imagenet }) => {
      const raster = await decodeImage(read(file), file);
      expect([raster.width, raster.height]).toEqual([width, height]);
      expect(sha256(raster.data)).toBe(rgb);
      if (imagenet === undefined) return;
      const { data } = preprocess(raster, presets.imagenet);
      expect(sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))).toBe(imagenet);
    },
  );

  test("for a CMYK JPEG, up to 2 of 255 levels", async () => {
    const [cmyk, rgb] = await Promise.all(
      [near, "cmyk-as-rgb.png"].map((file) => decodeImage(read(file), file)),
    );
    expect(cmyk!.data.length).toBe(rgb!.data.length);
    const worst = cmyk!.data.reduce((m, v, i) => Math.max(m, Math.abs(v - rgb!.data[i]!)), 0);
    expect(worst).toBeLessThanOrEqual(2);
  });

  test("of more than forty files", () => {
    expect(pictures.length).toBeGreaterThan(40);
  });
});
