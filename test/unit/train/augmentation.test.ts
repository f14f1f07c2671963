import { describe, expect, it } from "vitest";
import { augmented, flipAndShift } from "../../../src/train/data/augmentation.js";
import { gatherBatch, inMemory } from "../../../src/train/data/dataset.js";

const [height, width, images] = [4, 5, 200];
const area = height * width;
/** Pixel values tell channel and place: 100·channel + 1 + place. */
const image = Float32Array.from(
  { length: 2 * area },
  (_, i) => 100 * Math.floor(i / area) + 1 + (i % area),
);
const data = inMemory(
  Float32Array.from({ length: images * 2 * area }, (_, i) => image[i % (2 * area)]!),
  new Array<number>(images).fill(0),
  [2, height, width],
  1,
);
const all = Array.from({ length: images }, (_, i) => i);
const pixels = async (seed: number, epoch: number, reach = 1): Promise<Float32Array> =>
  (await gatherBatch(augmented(data, flipAndShift(reach), seed, epoch), all)).images
    .data as Float32Array;

describe("mirrored and moved images", () => {
  it("are each of the eighteen mirror images and moves by one pixel, in all channels alike", async () => {
    const found = await pixels(0, 0);
    const seen = new Set<string>();
    for (let n = 0; n < images; n++) {
      const one = found.subarray(n * 2 * area, (n + 1) * 2 * area);
      const places = Array.from(one.subarray(0, area));
      const other = Array.from(one.subarray(area));
      expect(other).toEqual(places.map((v) => (v === 0 ? 0 : v + 100)));
      seen.add(places.join());
    }
    const possible = [false, true].flatMap((mirror) =>
      [-1, 0, 1].flatMap((down) =>
        [-1, 0, 1].map((right) =>
          Array.from({ length: area }, (_, i) => {
            const column = mirror ? width - 1 - (i % width) : i % width;
            const [y, x] = [Math.floor(i / width) + down, column + right];
            return y < 0 || y >= height || x < 0 || x >= width ? 0 : 1 + y * width + x;
          }).join(),
        ),
      ),
    );
    expect(seen).toEqual(new Set(possible));
  });

  it("depend on seed and epoch alone", async () => {
    const first = await pixels(3, 1);
    expect(await pixels(3, 1)).toEqual(first);
    expect(await pixels(3, 2)).not.toEqual(first);
    expect(await pixels(4, 1)).not.toEqual(first);
  });
});
