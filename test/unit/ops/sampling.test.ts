import { describe, expect, it } from "vitest";
import { UnsupportedModelError } from "../../../src/errors.js";
import { float, int, ints, text } from "../../../src/onnx/attribute.js";
import type { Attributes } from "../../../src/onnx/ir.js";
import { coordinateModes, nearestModes } from "../../../src/ops/resampling/resampling-matrix.js";
import { toNumbers } from "../../../src/tensor/tensor.js";
import { check, evaluate, type Operand } from "./record-check.js";

const coordinates = coordinateModes.filter((m) => !m.startsWith("tf_"));

// Linear operators: a central difference is exact at any step.
const exact = { dtype: "float32", step: 1, tolerance: 1e-5 } as const;

function sizes(x: readonly number[], to: readonly number[]): (Operand | undefined)[] {
  return [{ dims: x }, undefined, undefined, vector(to)];
}

function vector(values: readonly number[]): Operand {
  return { dims: [values.length], values, dtype: "int64", still: true };
}

function scales(values: readonly number[]): Operand {
  return { dims: [values.length], values, dtype: "float32", still: true };
}

// Enlarged, reduced, by whole and by crooked factors, to one and from one.
const geometries: [number[], number[]][] = [
  [
    [4, 5],
    [8, 15],
  ],
  [
    [7, 4],
    [10, 9],
  ],
  [
    [9, 6],
    [4, 3],
  ],
  [
    [1, 3],
    [4, 1],
  ],
  [
    [11, 13],
    [7, 17],
  ],
];

describe.each(coordinates)("Resize with coordinates %s", (mode) => {
  const opset = mode === "half_pixel_symmetric" ? 19 : 18;
  const shared = { coordinate_transformation_mode: text(mode) };

  it.each(nearestModes)("nearest, %s", async (nearest) => {
    for (const [from, to] of geometries) {
      const attributes = { ...shared, mode: text("nearest"), nearest_mode: text(nearest) };
      const inputs = sizes([1, 2, ...from], [1, 2, ...to]);
      await check({ op: "Resize", attributes, inputs, opset, ...exact });
    }
  });

  it.each([
    ["linear", {}],
    ["linear, antialiased", { antialias: int(1) }],
    ["linear, antialiased, nothing outside", { antialias: int(1), exclude_outside: int(1) }],
    ["cubic", { mode: text("cubic") }],
    ["cubic of PyTorch", { mode: text("cubic"), cubic_coeff_a: float(-0.5) }],
    ["cubic, nothing outside", { mode: text("cubic"), exclude_outside: int(1) }],
    ["cubic, antialiased", { mode: text("cubic"), antialias: int(1) }],
    [
      "cubic, antialiased, nothing outside",
      { mode: text("cubic"), antialias: int(1), exclude_outside: int(1) },
    ],
  ] as [string, Attributes][])("%s", async (_, more) => {
    for (const [from, to] of geometries) {
      const attributes = { mode: text("linear"), ...shared, ...more };
      const inputs = sizes([1, 2, ...from], [1, 2, ...to]);
      await check({ op: "Resize", attributes, inputs, opset, ...exact });
    }
  });
});

describe("Resize", () => {
  it.each([
    [0.7, 10],
    [1.5, 5],
    [2, 3],
    [0.5, 7],
    [1.1, 5],
    [2.6, 9],
    [1 / 3, 10],
  ])("by a scale of %d", async (scale, extent) => {
    for (const mode of ["nearest", "linear", "cubic"]) {
      for (const coordinate of ["half_pixel", "asymmetric", "align_corners"]) {
        const attributes = {
          mode: text(mode),
          coordinate_transformation_mode: text(coordinate),
          nearest_mode: text("floor"),
        };
        for (const width of [4, 20]) {
          const inputs = [{ dims: [1, 1, extent, width] }, undefined, scales([1, 1, scale, scale])];
          await check({ op: "Resize", attributes, inputs, ...exact });
        }
      }
    }
  });

  it.each(["not_larger", "not_smaller"])("keeps the aspect ratio: %s", async (policy) => {
    const attributes = {
      mode: text("linear"),
      axes: ints([2, 3]),
      keep_aspect_ratio_policy: text(policy),
    };
    const inputs = sizes([1, 2, 6, 4], [9, 9]);
    const { y } = await check({ op: "Resize", attributes, inputs, ...exact });
    expect(y.dims).toEqual(policy === "not_larger" ? [1, 2, 9, 6] : [1, 2, 14, 9]);
  });

  it("of one axis, and of a volume", async () => {
    const linear = { mode: text("linear") };
    await check({
      op: "Resize",
      attributes: linear,
      inputs: sizes([1, 2, 5], [1, 2, 8]),
      ...exact,
    });
    const volume = sizes([1, 2, 3, 4, 5], [1, 2, 6, 6, 5]);
    await check({ op: "Resize", attributes: linear, inputs: volume, ...exact });
  });

  it("by a whole factor is summed without a matrix", async () => {
    const attributes = {
      mode: text("nearest"),
      coordinate_transformation_mode: text("asymmetric"),
      nearest_mode: text("floor"),
    };
    const inputs = [{ dims: [1, 2, 3, 4] }, undefined, scales([1, 1, 2, 3])];
    const { emitted } = await check({ op: "Resize", attributes, inputs, ...exact });
    expect(emitted).toEqual(["Resize", "Reshape", "ReduceSum"]);
  });

  it("refuses to crop", async () => {
    const attributes = { coordinate_transformation_mode: text("tf_crop_and_resize") };
    const roi = {
      dims: [8],
      values: [0, 0, 0, 0, 1, 1, 1, 1],
      dtype: "float32",
      still: true,
    } as const;
    const inputs = [{ dims: [1, 1, 3, 3] }, roi, undefined, vector([1, 1, 2, 2])];
    await expect(evaluate({ op: "Resize", attributes, inputs })).rejects.toThrow(
      UnsupportedModelError,
    );
  });
});

describe.each(["zeros", "border", "reflection"])("GridSample with padding %s", (padding) => {
  it.each([
    ["bilinear", 0],
    ["bilinear", 1],
    ["nearest", 0],
    ["nearest", 1],
  ])("%s, align_corners %i", async (mode, align) => {
    for (const opset of [18, 20]) {
      const name = opset === 20 && mode === "bilinear" ? "linear" : mode;
      const attributes = {
        mode: text(name),
        padding_mode: text(padding),
        align_corners: int(align),
      };
      const grid = { dims: [2, 5, 4, 2], range: [-2.5, 2.5], still: true } as const;
      const inputs = [{ dims: [2, 3, 4, 6] }, grid];
      await check({ op: "GridSample", attributes, inputs, opset, ...exact });
    }
  });
});

describe("GridSample", () => {
  it("of a volume", async () => {
    const grid = { dims: [1, 2, 3, 4, 3], range: [-1.5, 1.5], still: true } as const;
    const inputs = [{ dims: [1, 2, 3, 4, 5] }, grid];
    await check({
      op: "GridSample",
      attributes: { mode: text("linear") },
      inputs,
      opset: 20,
      ...exact,
    });
  });

  it.each(["zeros", "border", "reflection"])(
    "with padding %s gives no gradient to a pixel from a position that is not a number",
    async (padding) => {
      const grid = { dims: [1, 1, 2, 2], values: [NaN, NaN, 0.5, 0.5] };
      const attributes = { padding_mode: text(padding), align_corners: int(1) };
      const inputs = [{ dims: [1, 1, 3, 3] }, grid];
      const applied = { op: "GridSample", attributes, inputs, dy: [1, 1] };
      const { gradients } = await evaluate({ ...applied, dtype: "float32" });
      // 0.5 lies half-way between pixels 1 and 2 of both axes.
      const quarters = [0, 0, 0, 0, 0.25, 0.25, 0, 0.25, 0.25];
      expect(Array.from(toNumbers(gradients.get(0)!))).toEqual(quarters);
    },
  );
});

describe("AffineGrid", () => {
  // torch.nn.functional.affine_grid(theta, [1, 1, 1, 3], align_corners=True): an axis of one place is at 0.
  it("puts the one place of an axis at its centre, as PyTorch does", async () => {
    const theta = { dims: [1, 2, 3], values: [1, 2, 3, 4, 5, 6] };
    const attributes = { align_corners: int(1) };
    const inputs = [theta, vector([1, 1, 1, 3])];
    const { y } = await evaluate({ op: "AffineGrid", attributes, inputs, opset: 20 });
    expect(Array.from(toNumbers(y))).toEqual([2, 2, 3, 6, 4, 10]);
  });
});
