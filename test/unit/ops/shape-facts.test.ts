import { expect, it } from "vitest";
import { int } from "../../../src/onnx/attribute.js";
import { writeModel } from "../../../src/onnx/export.js";
import { float32, int64 } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";
import { runModel } from "../../support/run-model.js";

it.each([
  ["from the front", 1, 1],
  ["from the end", -3, 1],
  ["along a leading axis", 1, 0],
])(
  "a count of repeats put into a vector by OneHot is known, counted %s",
  async (_, index, axis) => {
    // What torch's legacy exporter writes for repeat_interleave: 4·N/N copies along one axis, 1 along the others.
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: ["N", 3, 2, 2] });
    const samples = b.op("Gather", [b.op("Shape", [x]), b.ints([0])]);
    const four = b.op("Div", [b.op("Mul", [samples, b.ints([4])]), samples]);
    const values = b.op("Concat", [b.ints([1]), four], { axis: int(0) });
    const hot = b.op("OneHot", [b.ints([index]), b.ints([4]), values], { axis: int(axis) });
    const repeats = b.op("Reshape", [hot, b.ints([-1])]);
    const y = b.op("Tile", [x, repeats]);
    expect(repeats.fact.elements).toEqual([1, 4, 1, 1]);
    expect(y.fact.shape).toEqual(["N", 12, 2, 2]);

    const outputs = [
      { name: "y", value: y },
      { name: "repeats", value: repeats },
    ];
    const found = await runModel(
      writeModel(b.build(outputs)),
      new Map([["x", float32([5, 3, 2, 2], new Float32Array(60))]]),
    );
    expect(found.get("repeats")).toEqual(int64([1, 4, 1, 1]));
    expect(found.get("y")!.dims).toEqual([5, 12, 2, 2]);
  },
);
