import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { ints } from "../../../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../../../src/onnx/builder.js";
import type { TypedGraph, Value } from "../../../../src/onnx/ir.js";
import { mergeCrops } from "../../../../src/passes/finishing/merge-crops.js";
import { float32, toNumbers } from "../../../../src/tensor/tensor.js";
import { newGraph } from "../../../support/graphs.js";

const image = float32(
  [1, 2, 5, 6],
  Array.from({ length: 60 }, (_, i) => Math.sin(i)),
);
const weight = float32(
  [2, 2, 3, 3],
  Array.from({ length: 36 }, (_, i) => Math.cos(2 * i)),
);

type Make = (b: GraphBuilder, x: Value, w: Value) => Value;
const window = (stride: number, pad: number) => ({
  strides: ints([stride, stride]),
  pads: ints([pad, pad, pad, pad]),
});
const conv =
  (stride: number): Make =>
  (b, x, w) =>
    b.op("Conv", [x, w], window(stride, 2));
const transposed: Make = (b, x, w) =>
  b.op("ConvTranspose", [x, w], { ...window(2, 1), output_padding: ints([1, 0]) });

function graphOf(make: Make, crop: (b: GraphBuilder, y: Value) => readonly Value[]): TypedGraph {
  const b = newGraph();
  const y = make(b, b.input("x", { dtype: "float32", shape: image.dims }), b.constant(weight));
  return b.build(crop(b, y).map((value, i) => ({ name: `y${i}`, value })));
}

const borders = (b: GraphBuilder, y: Value): Value[] => [b.slice(y, [2, 3], [1, 0], [-1, -2])];
const operators = ({ nodes }: TypedGraph): string[] => nodes.map((n) => n.op);

async function run(graph: TypedGraph): Promise<number[][]> {
  const executable = await ortBackend({ threads: 1 }).compile(graph);
  const results = await executable.run(new Map([["x", image]]));
  await executable.dispose();
  return [...results.values()].map((t) => Array.from(toNumbers(t)));
}

describe("borders cut off a convolution become its pads, and the numbers stay", () => {
  it.each([
    ["Conv of stride 1", conv(1)],
    ["ConvTranspose", transposed],
  ])("%s", async (_, make) => {
    const graph = graphOf(make, borders);
    const merged = mergeCrops(graph);
    expect(operators(merged)).not.toContain("Slice");
    const [[found], [expected]] = [await run(merged), await run(graph)];
    expect(found).toHaveLength(expected!.length);
    found!.forEach((value, i) => {
      expect(value).toBeCloseTo(expected![i]!, 5);
    });
  });
});

describe("a cut stays", () => {
  it.each<[string, Make, (b: GraphBuilder, y: Value) => readonly Value[]]>([
    ["behind a stride, whose pads shift what it sees", conv(2), borders],
    ["deeper than the pads", conv(1), (b, y) => [b.slice(y, [2], [3], [99])]],
    [
      "of what is no convolution",
      (b, x) => b.op("Shape", [x]),
      (b, y) => [b.slice(y, [0], [1], [2])],
    ],
    ["of channels", conv(1), (b, y) => [b.slice(y, [1], [0], [1])]],
    ["where something else reads the whole", conv(1), (b, y) => [...borders(b, y), b.neg(y)]],
    ["where the whole is an output", conv(1), (b, y) => [...borders(b, y), y]],
  ])("%s", (_, make, crop) => {
    const graph = graphOf(make, crop);
    expect(mergeCrops(graph)).toBe(graph);
  });
});
