import { describe, expect, it } from "vitest";
import { load } from "../../../src/model/load.js";
import { int, text } from "../../../src/onnx/attribute.js";
import { writeModel } from "../../../src/onnx/export.js";
import type { Attributes, TypedGraph } from "../../../src/onnx/ir.js";
import { GraphBuilder } from "../../../src/onnx/builder.js";
import { registry } from "../../../src/ops/all.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { emptyGraph } from "../../support/graphs.js";

const domain = "qonnx.custom_op.general";

/** The sum of a quantizer's outputs, as a file of an operator set that no engine has. */
function network(
  op: string,
  rest: readonly number[],
  attributes: Attributes,
  size: number,
): Uint8Array {
  const empty: TypedGraph = {
    ...emptyGraph(),
    opsets: new Map([
      ["", 18],
      [domain, 1],
    ]),
  };
  const b = GraphBuilder.on(empty, registry.infer);
  const x = b.input("x", { dtype: "float32", shape: [1, 1, 1, size] });
  const parameters = rest.map((v) => b.constant(float32([], [v])));
  const y = b.call(op, [x, ...parameters], attributes, { domain })[0]!;
  const weights = b.constant(float32([size, 1], new Float32Array(size).fill(1)));
  return writeModel(b.build([{ name: "y", value: b.matmul(b.op("Flatten", [y]), weights) }]));
}

async function explained(bytes: Uint8Array, x: readonly number[]) {
  const model = await load(bytes);
  const full = await model.fullGradient(float32([1, 1, 1, x.length], x));
  await model.dispose();
  return { score: full.samples[0]!.score, gradient: Array.from(toNumbers(full.inputGradient)) };
}

// By the definition of the QONNX standard, worked by hand: levels of the scale 0.5, from low to high.
describe("Quant rounds to levels and has a gradient inside their range", () => {
  it.each([
    ["signed, 3 bits: −4 … 3", 3, { signed: int(1) }, [-2, 1.5, 0.5, 0, 1], [0, 0, 1, 1, 1]],
    [
      "signed, narrow: −3 … 3",
      3,
      { signed: int(1), narrow: int(1) },
      [-1.5, 1.5, 0.5, 0, 1],
      [0, 0, 1, 1, 1],
    ],
    ["unsigned, 2 bits: 0 … 3", 2, { signed: int(0) }, [0, 1.5, 0.5, 0, 1], [0, 0, 1, 1, 1]],
  ] as [string, number, Attributes, number[], number[]][])(
    "%s",
    async (_, bits, attributes, y, gradient) => {
      const x = [-9, 9, 0.6, 0.25, 0.75];
      const found = await explained(network("Quant", [0.5, 0, bits], attributes, 5), x);
      expect(found.score).toBeCloseTo(
        y.reduce((p, q) => p + q),
        6,
      );
      expect(found.gradient).toEqual(gradient);
    },
  );

  it("refuses another rounding by its name", () => {
    const attributes = { rounding_mode: text("FLOOR") };
    expect(() => network("Quant", [1, 0, 4], attributes, 2)).toThrow(/rounding_mode "FLOOR"/);
  });
});

it("BipolarQuant is the scale with the sign of x, 0 counting as positive; its gradient ends at |x| = 1", async () => {
  const found = await explained(network("BipolarQuant", [0.25], {}, 5), [-3, -1, 0, 0.5, 2]);
  expect(found.score).toBeCloseTo(0.25, 6);
  expect(found.gradient).toEqual([0, 0.25, 0.25, 0.25, 0]);
});
