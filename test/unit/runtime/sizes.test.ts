import { describe, expect, it } from "vitest";
import { openSizes, withBatch } from "../../../src/runtime/sizes.js";
import { InputError, UsageError } from "../../../src/errors.js";
import type { Graph } from "../../../src/onnx/ir.js";
import type { Shape } from "../../../src/tensor/shape.js";
import { float32, type Tensor } from "../../../src/tensor/tensor.js";
import { emptyGraph } from "../../support/graphs.js";

function taking(shapes: Readonly<Record<string, Shape>>): Graph {
  const inputs = Object.entries(shapes).map(([name, shape]) => ({
    name,
    fact: { dtype: "float32" as const, shape },
  }));
  return { ...emptyGraph(), inputs };
}

const zeros = (...dims: number[]): Tensor =>
  float32(dims, new Float32Array(dims.reduce((p, d) => p * d, 1)));

describe("openSizes", () => {
  const image = taking({ x: ["N", 3, "H", "W"], mask: ["N", 1, "H", "W"] });

  it("takes the size of the image, for every input that has it; the batch stays open", () => {
    expect(openSizes(image, "x", { x: zeros(2, 3, 5, 7) })).toEqual(
      new Map([
        ["x", ["N", 3, 5, 7]],
        ["mask", ["N", 1, 5, 7]],
      ]),
    );
  });

  it("takes the size that was asked for, else the usual one", () => {
    const [asked, usual] = [openSizes(image, "x", { size: [8, 9] }), openSizes(image, "x", {})];
    expect(asked.get("x")).toEqual(["N", 3, 8, 9]);
    expect(usual.get("mask")).toEqual(["N", 1, 224, 224]);
  });

  it("keeps what the model fixes", () => {
    expect(openSizes(taking({ x: ["N", 3, 8, 8] }), "x", { x: zeros(1, 3, 8, 8) }).size).toBe(0);
    const tall = taking({ x: [1, 3, "H", 8] });
    expect(openSizes(tall, "x", { x: zeros(1, 3, 4, 8) }).get("x")).toEqual([1, 3, 4, 8]);
    expect(() => openSizes(tall, "x", { size: [4, 4] })).toThrow(/fixed at Hx8, not 4x4/);
  });

  it("takes the length of a signal, and sizes of other inputs from their values", () => {
    const signal = taking({ x: ["N", 2, "L"], side: ["N", "K"], gain: [] });
    const feeds = new Map([
      ["side", zeros(2, 6)],
      ["gain", zeros()],
    ]);
    expect(openSizes(signal, "x", { x: zeros(2, 2, 30), feeds })).toEqual(
      new Map<string, Shape>([
        ["x", ["N", 2, 30]],
        ["side", ["N", 6]],
      ]),
    );
  });

  it("refuses values that do not agree", () => {
    const feeds = new Map([["mask", zeros(1, 1, 5, 5)]]);
    expect(() => openSizes(image, "x", { x: zeros(1, 3, 5, 7), feeds })).toThrow(InputError);
  });
});

describe("withBatch", () => {
  it("writes a number wherever the batch is, beside the sizes that are known", () => {
    const graph = taking({ x: ["N", 3, "H", "W"], queries: [4, "N"], gain: [] });
    const sizes = new Map([["x", ["N", 3, 5, 7]]]);
    expect(withBatch(graph, "x", 2, sizes)).toEqual(
      new Map([
        ["x", [2, 3, 5, 7]],
        ["queries", [4, 2]],
      ]),
    );
  });

  it("refuses another number than the file's", () => {
    const fixed = taking({ x: [4, 3, 8, 8] });
    expect(withBatch(fixed, "x", 4).size).toBe(0);
    expect(() => withBatch(fixed, "x", 1)).toThrow(UsageError);
  });
});
