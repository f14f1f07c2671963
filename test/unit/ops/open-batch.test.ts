import { expect, it } from "vitest";
import { int, ints, text } from "../../../src/onnx/attribute.js";
import { check, type Applied, type Operand } from "./record-check.js";

const x: Operand = { dims: [2, 6, 4, 5], open: true };
const still = (...dims: number[]): Operand => ({ dims, still: true });
const sizes: Operand = { dims: [2], values: [8, 7], dtype: "int64", still: true };
const resize = { mode: text("linear"), axes: ints([2, 3]) };

it.each<Applied>([
  { op: "LayerNormalization", inputs: [x, still(5), still(5)] },
  { op: "InstanceNormalization", inputs: [x, still(6), still(6)] },
  {
    op: "GroupNormalization",
    attributes: { num_groups: int(3) },
    inputs: [x, still(6), still(6)],
    opset: 21,
  },
  { op: "LpNormalization", attributes: { axis: int(1) }, inputs: [x] },
  { op: "MeanVarianceNormalization", inputs: [x] },
  { op: "LRN", attributes: { size: int(3) }, inputs: [x] },
  { op: "Resize", attributes: resize, inputs: [x, undefined, undefined, sizes] },
  {
    op: "Resize",
    attributes: { axes: ints([2, 3]) },
    inputs: [x, undefined, { ...sizes, values: [2, 3], dtype: "float32" }],
  },
  { op: "GridSample", inputs: [x, still(2, 3, 3, 2)] },
  { op: "Einsum", attributes: { equation: text("nchw,cd->nhwd") }, inputs: [x, still(6, 3)] },
  { op: "LpPool", attributes: { kernel_shape: ints([2, 2]) }, inputs: [x] },
  { op: "GlobalLpPool", inputs: [x] },
  { op: "GatherND", inputs: [x, { dims: [1, 1], values: [1], dtype: "int64", still: true }] },
  { op: "Trilu", inputs: [x] },
])("$op with an open batch", async (applied) => {
  const { y } = await check({ ...applied, dtype: "float32", tolerance: 5e-3 });
  expect(y.dims.length).toBeGreaterThan(1);
});
