import { describe, expect, it } from "vitest";
import { float, int, ints } from "../../../src/onnx/attribute.js";
import { check, evaluate, type Operand } from "./record-check.js";

const still = (o: Operand): Operand => ({ ...o, still: true });
// A small variance, so that ε takes part.
const small = [-0.02, 0.02] as const;

describe("LayerNormalization", () => {
  const x: Operand = { dims: [2, 3, 5] };
  const gain: Operand = { dims: [5] };
  const shift: Operand = { dims: [5] };
  it.each([
    ["x alone", [x, still(gain), still(shift)]],
    ["x without shift", [x, still(gain)]],
    ["x and gain", [x, gain, still(shift)]],
    ["all", [x, gain, shift]],
    ["gain alone", [still(x), gain, still(shift)]],
    ["shift alone", [still(x), still(gain), shift]],
  ])("%s", async (_, inputs) => {
    await check({ op: "LayerNormalization", inputs });
  });

  it("over two axes, with a large epsilon", async () => {
    const inputs = [{ ...x, range: small }, { dims: [3, 5] }, { dims: [3, 5] }];
    await check({
      op: "LayerNormalization",
      attributes: { axis: int(1), epsilon: float(0.01) },
      inputs,
    });
  });

  it("with its statistics as outputs that nothing reads", async () => {
    await check({ op: "LayerNormalization", inputs: [x, still(gain), still(shift)], outputs: 3 });
  });
});

describe("RMSNormalization", () => {
  it.each([true, false])("constant gain: %s", async (constant) => {
    const gain = { dims: [5], still: constant };
    const attributes = { epsilon: float(0.5) };
    const inputs = [{ dims: [2, 3, 5] }, gain];
    await check({ op: "RMSNormalization", attributes, inputs, dtype: "float32" });
  });
});

describe("InstanceNormalization", () => {
  it.each([
    [1, true],
    [2, true],
    [3, true],
    [2, false],
  ])("%i spatial axes, constant parameters: %s", async (rank, constant) => {
    const dims = [2, 3, 4, 5, 2].slice(0, rank + 2);
    const inputs = [{ dims }, { dims: [3], still: constant }, { dims: [3], still: constant }];
    const attributes = { epsilon: float(0.5) };
    await check({ op: "InstanceNormalization", attributes, inputs, dtype: "float32" });
  });
});

describe("GroupNormalization", () => {
  it.each([
    ["per group (operator set 18)", 18, 2, true],
    ["per group, active", 18, 2, false],
    ["per channel (operator set 21)", 21, 6, true],
    ["per channel, active", 21, 6, false],
  ])("%s", async (_, opset, count, constant) => {
    const inputs = [
      { dims: [2, 6, 3, 4] },
      { dims: [count], still: constant },
      { dims: [count], still: constant },
    ];
    const attributes = { num_groups: int(2), epsilon: float(0.01) };
    await check({ op: "GroupNormalization", attributes, inputs, opset, dtype: "float32" });
  });
});

describe("LpNormalization", () => {
  it.each([1, 2])("p = %i", async (p) => {
    const inputs = [{ dims: [2, 4, 3], range: [0.3, 2] as const }];
    await check({ op: "LpNormalization", attributes: { axis: int(1), p: int(p) }, inputs });
  });

  it("has no gradient where the norm is 0", async () => {
    const inputs = [{ dims: [1, 2], values: [0, 0] }];
    const { gradients } = await evaluate({ op: "LpNormalization", inputs, dy: [1, 2] });
    expect([...(gradients.get(0)!.data as Float64Array)]).toEqual([0, 0]);
  });
});

it("MeanVarianceNormalization", async () => {
  const inputs = [{ dims: [2, 3, 4] }];
  const attributes = { axes: ints([0, 2]) };
  await check({ op: "MeanVarianceNormalization", attributes, inputs, dtype: "float32" });
});

it.each([3, 5])("LRN over %i channels", async (size) => {
  const attributes = { size: int(size), alpha: float(0.9), beta: float(0.6), bias: float(1.5) };
  await check({ op: "LRN", attributes, inputs: [{ dims: [2, 4, 3, 2] }], dtype: "float32" });
});
