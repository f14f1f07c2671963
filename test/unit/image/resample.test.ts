import { describe, expect, test } from "vitest";
import { ImageError } from "../../../src/errors.js";
import { maxPixels, toLuma } from "../../../src/image/raster.js";
import { resample, resampleMap } from "../../../src/image/resample.js";

const source = {
  width: 7,
  height: 5,
  data: Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37) % 256),
};

// Pillow 13.0.0: Image.fromarray((arange(105) * 37 % 256).astype("u1").reshape(5, 7, 3)).resize((3, 4), filter)
const pillow = {
  nearest: [
    111, 148, 185, 77, 114, 151, 43, 80, 117, 120, 157, 194, 86, 123, 160, 52, 89, 126, 138, 175,
    212, 104, 141, 178, 70, 107, 144, 147, 184, 221, 113, 150, 187, 79, 116, 153,
  ],
  box: [
    56, 93, 130, 162, 114, 66, 99, 136, 173, 70, 107, 144, 176, 128, 80, 113, 150, 187, 83, 120,
    157, 189, 141, 93, 126, 163, 200, 92, 129, 166, 113, 65, 102, 135, 172, 81,
  ],
  bilinear: [
    97, 79, 116, 139, 116, 93, 116, 153, 135, 108, 90, 127, 150, 127, 104, 127, 164, 146, 118, 100,
    137, 160, 137, 114, 137, 174, 156, 88, 111, 148, 126, 103, 125, 148, 144, 98,
  ],
  hamming: [
    84, 88, 125, 138, 115, 92, 105, 142, 146, 95, 99, 136, 149, 126, 103, 116, 153, 157, 107, 111,
    148, 161, 138, 115, 128, 165, 169, 88, 122, 159, 118, 95, 126, 139, 146, 91,
  ],
  bicubic: [
    91, 73, 119, 149, 115, 81, 111, 157, 139, 102, 84, 130, 160, 126, 92, 122, 168, 150, 116, 95,
    142, 174, 140, 103, 133, 182, 165, 80, 114, 153, 125, 91, 121, 152, 146, 93,
  ],
  lanczos: [
    91, 68, 122, 153, 115, 77, 108, 162, 139, 101, 79, 133, 163, 125, 88, 119, 172, 149, 117, 90,
    145, 180, 142, 99, 130, 188, 168, 76, 116, 153, 126, 88, 123, 156, 147, 91,
  ],
};

describe("resample", () => {
  test.each(Object.entries(pillow))("%s gives Pillow's bytes", (how, expected) => {
    expect([...resample(source, 3, 4, how as keyof typeof pillow).data]).toEqual(expected);
  });

  test("clamps where a bicubic kernel overshoots", () => {
    const edge = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
    const wide = resample(edge, 8, 1, "bicubic").data;
    expect([wide[0], wide[21]]).toEqual([0, 255]);
  });

  test("rejects empty sizes and sizes beyond the limit", () => {
    expect(() => resample(source, maxPixels, 2, "bilinear")).toThrow(ImageError);
    expect(() => resample(source, 0, 2, "bilinear")).toThrow(/no pixels/);
  });
});

describe("resampleMap", () => {
  test("is bilinear with half-pixel centres", () => {
    // Pillow 13.0.0, mode "F"; torch.nn.functional.interpolate(align_corners=False) gives the same
    const result = resampleMap(Float32Array.of(0, 1, 2, 4), [2, 2], [3, 4]);
    expect([...result]).toEqual([0, 0.25, 0.75, 1, 1, 1.375, 2.125, 2.5, 2, 2.5, 3.5, 4]);
  });

  test("rejects data of the wrong length", () => {
    expect(() => resampleMap(new Float32Array(3), [2, 2], [4, 4])).toThrow(ImageError);
  });
});

test("toLuma is Pillow's convert('L')", () => {
  // Pillow 13.0.0 on the first row of the raster above
  const luma = toLuma({ width: 7, height: 1, data: source.data.slice(0, 21) }).data;
  expect([...luma.filter((_, i) => i % 3 === 0)]).toEqual([30, 141, 73, 107, 189, 73, 184]);
  expect(luma[1]).toBe(luma[0]);
});
