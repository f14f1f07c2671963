import { describe, expect, it } from "vitest";
import { boxIn } from "../../../../src/methods/building-blocks/box.js";
import { maskedImage } from "../../../../src/methods/building-blocks/masked-image.js";
import { stretch } from "../../../../src/methods/building-blocks/stretch.js";

describe("stretch", () => {
  it("resizes as torch.nn.functional.interpolate(mode='bilinear', align_corners=False) does", () => {
    // Of [[0, 4]] to 1 × 4: centres at −0.25, 0.25, 0.75, 1.25 of the source.
    expect([...stretch([0, 4], [1, 2], [1, 4])]).toEqual([0, 1, 3, 4]);
  });

  it("computes a cut as it is cut from the whole", () => {
    const values = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i));
    const whole = stretch(values, [3, 4], [10, 9]);
    const cut = stretch(values, [3, 4], [10, 9], { start: [2, 5], size: [7, 3] });
    const expected = [2, 3, 4, 5, 6, 7, 8].flatMap((r) => [5, 6, 7].map((c) => whole[r * 9 + c]!));
    expect([...cut]).toEqual(expected);
  });
});

describe("a box", () => {
  it("has a run of neighbours for each row", () => {
    expect(boxIn([4, 5], [1, 2], [2, 3])).toEqual({ starts: Uint32Array.of(7, 12), length: 3 });
  });

  it("has runs through each plane of a volume, and one in a signal", () => {
    const { starts } = boxIn([2, 3, 4], [0, 1, 1], [2, 2, 2]);
    expect([...starts]).toEqual([5, 9, 17, 21]);
    expect(boxIn([9], [4], [3])).toEqual({ starts: Uint32Array.of(4), length: 3 });
  });

  it("may be empty", () => {
    expect(boxIn([4, 5], [4, 2], [0, 3]).starts).toHaveLength(0);
  });
});

it("a mask lies on every channel alike", () => {
  expect([...maskedImage([1, 2, 3, 4], [0.5, 2])]).toEqual([0.5, 4, 1.5, 8]);
});
