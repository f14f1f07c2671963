import { describe, expect, it } from "vitest";
import {
  axesOfImage,
  other,
  reshapeAxes,
  restoration,
  rolled,
  type TracedAxis,
  type TracedAxes,
  type Place,
} from "../../../src/analysis/traced-axes.js";

const place = (axis: number, size: number, stride = 1, shift?: number): Place => ({
  role: "place",
  axis,
  size,
  stride,
  ...(shift === undefined ? {} : { shift }),
});

/** A run of a row of 8 positions. */
const cut = (start: number, size: number, from = place(0, 8)): TracedAxis => [
  { role: "other", size, cutFrom: { place: from, start, size } },
];

const samples: TracedAxis = [{ role: "batch", size: "N" }];

describe("an axis put together the other way round", () => {
  it("is the same axis, rolled", () => {
    expect(rolled(cut(2, 6), cut(0, 2))).toEqual([place(0, 8, 1, 2)]);
  });

  it("and rolled back is as it was", () => {
    const once = place(0, 8, 1, 2);
    expect(rolled(cut(6, 2, once), cut(0, 6, once))).toEqual([place(0, 8, 1, 0)]);
  });

  it("counts in strides", () => {
    const coarse = place(0, 8, 2);
    expect(rolled(cut(2, 6, coarse), cut(0, 2, coarse))).toEqual([place(0, 8, 2, 4)]);
  });

  it("is nothing of the kind where parts are missing, doubled, of other axes, or no parts", () => {
    expect(rolled(cut(3, 5), cut(0, 2))).toBeUndefined();
    expect(rolled(cut(2, 5), cut(0, 2))).toBeUndefined();
    expect(rolled(cut(0, 2), cut(2, 6))).toBeUndefined();
    expect(rolled(cut(2, 6), cut(0, 2, place(1, 8)))).toBeUndefined();
    expect(rolled(cut(2, 6), other(2))).toBeUndefined();
  });
});

describe("restoration", () => {
  it("puts windows back, and rolls them back", () => {
    const image: TracedAxes = [samples, [place(0, 8, 1, 2)], [place(1, 8, 1, 2)], other(3)];
    const windows = reshapeAxes(image, ["N", 2, 4, 2, 4, 3])!;
    const [n, r, y, c, x, k] = windows as [
      TracedAxis,
      TracedAxis,
      TracedAxis,
      TracedAxis,
      TracedAxis,
      TracedAxis,
    ];
    const restored = restoration([[...n, ...r, ...c], [...y, ...x], k], 2, "N")!;
    expect(restored.shape).toEqual(["N", 3, 8, 8]);
    expect(restored.perm).toEqual([0, 5, 1, 3, 2, 4]);
    expect(restored.rolls).toEqual([2, 2]);
  });

  it("takes blocks whose inner parts have become channels for coarse positions", () => {
    const merged: TracedAxes = [samples, [place(0, 4, 2)], [place(1, 4, 2)], other(12)];
    expect(restoration(merged, 2, "N")).toMatchObject({
      shape: ["N", 12, 4, 4],
      rolls: [0, 0],
    });
  });

  it("is not possible where positions are missing, there twice, or rolled by parts of a block", () => {
    const gap: TracedAxes = [samples, [place(0, 2, 8), place(0, 4, 1)], [place(1, 4)], other(3)];
    expect(restoration(gap, 2, "N")).toBeUndefined();
    const attention: TracedAxes = [samples, [place(0, 4)], [place(0, 4)], [place(1, 4)]];
    expect(restoration(attention, 2, "N")).toBeUndefined();
    const between: TracedAxes = [samples, [place(0, 4, 2, 1)], [place(1, 4, 2, 1)], other(3)];
    expect(restoration(between, 2, "N")).toBeUndefined();
    expect(restoration(axesOfImage(["N", 3, 1, 1]), 2, "N")).toBeUndefined();
  });
});
