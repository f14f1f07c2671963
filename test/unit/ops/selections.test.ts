import { describe, expect, it } from "vitest";
import { int, text } from "../../../src/onnx/attribute.js";
import { registry } from "../../../src/ops/all.js";
import { toNumbers } from "../../../src/tensor/tensor.js";
import { check, type Operand } from "./record-check.js";

function indices(dims: readonly number[], values: readonly number[]): Operand {
  return { dims, values, dtype: "int64", still: true };
}

const add = { reduction: text("add") };

describe("GatherND", () => {
  it.each([
    ["whole tuples, one of them twice", 0, indices([3, 2], [0, 1, 1, 2, 0, 1])],
    ["slices, counted from the end", 0, indices([2, 2, 1], [0, -1, 1, 1])],
    ["one batch axis", 1, indices([2, 2, 1], [0, -1, 2, 2])],
    ["two batch axes", 2, indices([2, 3, 2, 1], [0, 1, 1, 1, 3, -1, 0, 0, 2, 1, 3, 3])],
  ])("%s", async (_, batch, where) => {
    const inputs = [{ dims: [2, 3, 4] }, where];
    await check({ op: "GatherND", attributes: { batch_dims: int(batch) }, inputs });
  });
});

describe("ScatterND", () => {
  const data: Operand = { dims: [3, 4] };
  const updates: Operand = { dims: [2, 4] };
  const rows = indices([2, 1], [2, 0]);
  it.each([
    ["both active", {}, [data, rows, updates]],
    ["data active", {}, [data, rows, { ...updates, still: true }]],
    ["updates active", {}, [{ ...data, still: true }, rows, updates]],
    ["added", add, [data, indices([2, 1], [1, 1]), updates]],
    ["constant updates added", add, [data, rows, { ...updates, still: true }]],
    ["added to a constant", add, [{ ...data, still: true }, rows, updates]],
  ])("%s", async (_, attributes, inputs) => {
    await check({ op: "ScatterND", attributes, inputs });
  });
});

describe("TopK", () => {
  it.each([
    [1, 2, 1],
    [-1, 3, 0],
  ])("axis %i, k = %i, largest = %i", async (axis, k, largest) => {
    const attributes = { axis: int(axis), largest: int(largest) };
    const inputs = [{ dims: [2, 5, 4] }, indices([1], [k])];
    await check({ op: "TopK", attributes, inputs, outputs: 2 });
  });
});

it.each([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
])("CumSum, exclusive = %i, reverse = %i", async (exclusive, reverse) => {
  const attributes = { exclusive: int(exclusive), reverse: int(reverse) };
  const inputs = [{ dims: [2, 4, 3] }, indices([], [1])];
  await check({ op: "CumSum", attributes, inputs });
});

it.each([
  [0, -1],
  [1, 0],
  [1, 2],
])("Trilu, upper = %i, k = %i", async (upper, k) => {
  const inputs = [{ dims: [2, 4, 5] }, indices([], [k])];
  await check({ op: "Trilu", attributes: { upper: int(upper) }, inputs });
});

it("ReverseSequence", async () => {
  const attributes = { time_axis: int(1), batch_axis: int(0) };
  const inputs = [{ dims: [3, 4, 2] }, indices([3], [1, 4, 3])];
  await check({ op: "ReverseSequence", attributes, inputs });
});

describe("Einsum", () => {
  it.each([
    [
      "bij,bjk->bik",
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
    ],
    [
      "ij,jk",
      [
        [3, 4],
        [4, 5],
      ],
    ],
    [
      "bi,oi,bj->boj",
      [
        [2, 3],
        [4, 3],
        [2, 5],
      ],
    ],
    ["ij->i", [[3, 4]]],
    ["ij->", [[3, 4]]],
    ["ii->i", [[4, 4]]],
    ["ii", [[4, 4]]],
    ["iij,j->ij", [[3, 3, 2], [2]]],
    [
      "...ij,...jk->...ik",
      [
        [2, 5, 3, 4],
        [2, 1, 4, 2],
      ],
    ],
    [
      "b...,b...",
      [
        [2, 3, 4],
        [2, 3, 4],
      ],
    ],
    ["...i , i -> ...", [[2, 3, 4], [4]]],
    [
      "bhwc,hkc->bhwk",
      [
        [2, 3, 4, 5],
        [3, 4, 5],
      ],
    ],
    [
      "ij,jk->ik",
      [
        [3, 1],
        [1, 5],
      ],
    ],
  ])("%s", async (equation, dims) => {
    const attributes = { equation: text(equation) };
    for (let still = -1; still < (dims.length > 1 ? dims.length : 0); still++) {
      const inputs = dims.map((d, i) => ({ dims: d, still: i === still }));
      await check({ op: "Einsum", attributes, inputs });
    }
  });
});

describe("quantization", () => {
  const scalar = (value: number, dtype: Operand["dtype"]): Operand => ({
    dims: [],
    values: [value],
    dtype: dtype!,
    still: true,
  });
  // 6 and −6 are beyond what −128 … 127 in steps of 1/32 can say.
  const values = [0.1, -0.33, 1.7, -2.5, 6, -6];

  it("QuantizeLinear passes gradients straight through, but for what is saturated", async () => {
    const inputs = [{ dims: [6], values }, scalar(1 / 32, "float32"), scalar(10, "int8")];
    const dy = [1, 2, 3, 4, 5, 6];
    const dtype = "float32";
    const a = { op: "QuantizeLinear", inputs, dy, dtype, difference: false } as const;
    const { gradients } = await check(a);
    expect(Array.from(toNumbers(gradients.get(0)!))).toEqual([32, 64, 96, 128, 0, 0]);
  });

  it("QuantizeLinear per channel", async () => {
    const scale = { dims: [3], values: [0.5, 0.25, 2], still: true } as const;
    const zero = { dims: [3], values: [0, 3, 7], dtype: "uint8", still: true } as const;
    const inputs = [{ dims: [2, 3, 2] }, scale, zero];
    await check({ op: "QuantizeLinear", inputs, dtype: "float32", difference: false });
  });

  it.each([0, 5])("DequantizeLinear with a zero point of %i", async (zero) => {
    const levels = { dims: [2, 2], values: [1, -7, 100, 0], dtype: "int8" } as const;
    const inputs = [levels, scalar(0.5, "float32"), scalar(zero, "int8")];
    await check({ op: "DequantizeLinear", inputs, dtype: "float32", difference: false });
  });

  it("QuantizeLinear passes gradients straight through to its scale", async () => {
    // round(1/0.5), round(3/0.5), saturated: d(x/s)/ds = −x/s² = −4, −12 and 0.
    const inputs = [
      { dims: [3], values: [1, 3, 200] },
      { dims: [1], values: [0.5] },
    ];
    const a = { op: "QuantizeLinear", inputs, dy: [1, 10, 100], dtype: "float32" } as const;
    const { gradients } = await check({ ...a, difference: false });
    expect(Array.from(toNumbers(gradients.get(1)!))).toEqual([-124]);
    const still = [{ dims: [3], values: [1, 3, 200], still: true }, inputs[1]!];
    await check({ ...a, inputs: still, difference: false });
  });
});

it("operators without a gradient say so, and steps let nothing through", () => {
  const word = (op: string): unknown => registry.get(op)!.vjp;
  for (const op of ["NonMaxSuppression", "MaxRoiPool", "Unique", "Compress"]) {
    expect(word(op), op).toBe("not-differentiable");
  }
  for (const op of ["NonZero", "Hardmax", "EyeLike", "IsInf", "BitwiseAnd"]) {
    expect(word(op), op).toBe("zero");
  }
});
