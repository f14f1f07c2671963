import { expect, it } from "vitest";
import { exportModel, writeModel } from "../../../src/onnx/export.js";
import { straightThroughDomain } from "../../../src/onnx/ir.js";
import { float32 } from "../../../src/tensor/tensor.js";
import { runModel } from "../../support/run-model.js";
import { newGraph } from "../../support/graphs.js";

it("omitted inputs at the end of a node are not written: ONNX Runtime would read them", async () => {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [1, 2, 4] });
  const sum = b.add(x, x);
  const scale = b.constant(float32([4], [1, 1, 1, 1]));
  const y = b.op("LayerNormalization", [sum, scale, undefined]);
  const graph = b.build([{ name: "y", value: y }]);
  const inputs = exportModel(graph).graph!.node!.map((node) => node.input);
  expect(inputs.map((names) => names!.length)).toEqual([2, 2, 1]);
  // The optimizer makes a SkipLayerNormalization of the two.
  const values = [1, 2, 3, 4, 5, 6, 7, 8];
  const results = await runModel(writeModel(graph), new Map([["x", float32([1, 2, 4], values)]]));
  expect(results.get("y")!.dims).toEqual([1, 2, 4]);
});

it("straight-through operators are written as the standard ones, and operator sets that no node is of are left out", () => {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [3] });
  const y = b.call("Round", [x], {}, { domain: straightThroughDomain })[0]!;
  const model = exportModel(b.build([{ name: "y", value: y }]));
  expect(model.graph!.node!.map(({ opType, domain }) => [opType, domain])).toEqual([
    ["Round", undefined],
    ["Identity", undefined],
  ]);
  expect(model.opsetImport).toEqual([{ domain: "", version: 18n }]);
});
