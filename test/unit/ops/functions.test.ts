import { describe, expect, it } from "vitest";
import { float, int, ints, text } from "../../../src/onnx/attribute.js";
import { newGraph } from "../../support/graphs.js";
import { int64 } from "../../../src/tensor/tensor.js";
import { check, evaluate } from "./record-check.js";

// ONNX Runtime has these in single precision only, where a step of 2⁻⁶ is the best compromise.
const single = { dtype: "float32", tolerance: 2e-3 } as const;

describe("functions of one number", () => {
  it.each([
    ["Tan", [-1, 1]],
    ["Asin", [-0.8, 0.8]],
    ["Acos", [-0.8, 0.8]],
    ["Atan", [-2, 2]],
    ["Sinh", [-2, 2]],
    ["Cosh", [-2, 2]],
    ["Asinh", [-2, 2]],
    ["Acosh", [1.5, 3]],
    ["Atanh", [-0.8, 0.8]],
    ["Swish", [-3, 3]],
  ] as [string, [number, number]][])("%s", async (op, range) => {
    await check({ op, inputs: [{ dims: [2, 5], range }], ...single });
  });

  it("Swish with a slope", async () => {
    const attributes = { alpha: float(1.702) };
    await check({ op: "Swish", attributes, inputs: [{ dims: [9] }], ...single });
  });

  it("Shrink, hard and soft", async () => {
    const values = [-2, -0.7, -0.3, 0.2, 0.8, 3];
    for (const bias of [0, 0.5]) {
      const attributes = { lambd: float(0.5), bias: float(bias) };
      await check({ op: "Shrink", attributes, inputs: [{ dims: [6], values }], ...single });
    }
  });

  it("Mod by a constant", async () => {
    const values = [-2.2, -0.7, 0.3, 1.2, 2.8, 3.3];
    const divisor = { dims: [], values: [1.5], still: true } as const;
    const attributes = { fmod: int(1) };
    await check({ op: "Mod", attributes, inputs: [{ dims: [6], values }, divisor] });
  });
});

describe.each(["MaxPool", "AveragePool", "LpPool"])("%s", (op) => {
  // ONNX Runtime adds an extent to a position in 64 bits, overflows, and takes nothing for the largest of a window.
  it.each(["strides", "dilations"])("refuses %s that its kernel cannot add", async (name) => {
    const attributes = { kernel_shape: ints([1]), [name]: ints([2 ** 62]) };
    const attempt = evaluate({ op, attributes, inputs: [{ dims: [1, 1, 4] }], opset: 19 });
    await expect(attempt).rejects.toThrow(/all must be 1 to 2147483647/);
  });
});

describe("LpPool", () => {
  it.each([1, 2, 3])("p = %i", async (p) => {
    const range = [0.5, 2] as const;
    const plain = { kernel_shape: ints([2, 3]), p: int(p) };
    const inputs = [{ dims: [2, 3, 6, 7], range }];
    await check({ op: "LpPool", attributes: plain, inputs, ...single });
    const rich = { ...plain, strides: ints([2, 2]), pads: ints([1, 0, 0, 2]) };
    await check({ op: "LpPool", attributes: rich, inputs, ...single });
    await check({
      op: "LpPool",
      attributes: { ...plain, auto_pad: text("SAME_UPPER") },
      inputs,
      ...single,
    });
  });

  it("dilated, in ceil mode", async () => {
    const attributes = {
      kernel_shape: ints([2, 2]),
      dilations: ints([2, 1]),
      strides: ints([2, 2]),
      ceil_mode: int(1),
    };
    await check({ op: "LpPool", attributes, inputs: [{ dims: [1, 2, 6, 7] }], ...single });
  });

  it.each([1, 2, 3])("GlobalLpPool, p = %i", async (p) => {
    const inputs = [{ dims: [2, 3, 4, 2], range: [0.5, 2] as const }];
    await check({ op: "GlobalLpPool", attributes: { p: int(p) }, inputs, ...single });
  });
});

describe("shape arithmetic", () => {
  const elementsOf = (op: string, values: number[][], attributes = {}): unknown => {
    const b = newGraph(18);
    return b.op(
      op,
      values.map((v) => b.constant(int64(v))),
      attributes,
    ).fact.elements;
  };

  it("of integers is followed", () => {
    expect(
      elementsOf("Mod", [
        [-7, 7],
        [3, -3],
      ]),
    ).toEqual([2, -2]);
    expect(
      elementsOf(
        "Mod",
        [
          [-7, 7],
          [3, -3],
        ],
        { fmod: int(1) },
      ),
    ).toEqual([-1, 1]);
    expect(elementsOf("BitShift", [[5], [2]], { direction: text("LEFT") })).toEqual([20]);
    expect(elementsOf("BitShift", [[5], [1]], { direction: text("RIGHT") })).toEqual([2]);
    expect(elementsOf("BitwiseAnd", [[6], [3]])).toEqual([2]);
    expect(elementsOf("CumSum", [[1, 2, 3], [0]])).toEqual([1, 3, 6]);
    const b = newGraph(18);
    const bounds = [-1, 4].map((v) => b.constant(int64([v], [])));
    const clipped = b.op("Clip", [b.constant(int64([-3, 2, 9])), ...bounds]);
    expect(clipped.fact.elements).toEqual([-1, 2, 4]);
  });
});
