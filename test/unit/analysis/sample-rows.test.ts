import { expect, test } from "vitest";
import { sampleRows } from "../../../src/analysis/sample-rows.js";
import { int } from "../../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../../src/onnx/builder.js";
import type { Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { full, int64 } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

type Network = (b: GraphBuilder, x: Value) => Value;

function rows(network: Network, axis: number): string {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [6, 6, 6] });
  const graph = b.build([{ name: "y", value: network(b, x) }]);
  return sampleRows(graph, registry, { input: "x", output: "y", axis });
}

const weights = (b: GraphBuilder, ...dims: number[]): Value => b.constant(full("float32", dims, 1));
const gru: Network = (b, x) =>
  b.op("GRU", [x, weights(b, 1, 6, 6), weights(b, 1, 6, 2)], { hidden_size: int(2) });

// All extents are 6: only what an element depends on tells the axes apart.
test.each<[string, Network, string, string]>([
  ["a matrix product", (b, x) => b.matmul(x, weights(b, 6, 3)), "first", "elsewhere"],
  [
    "a convolution over the last axis",
    (b, x) => b.op("Conv", [x, weights(b, 6, 6, 3)]),
    "first",
    "mixed",
  ],
  ["a recurrent layer over the first axis", gru, "mixed", "elsewhere"],
  [
    "softmax over the second axis",
    (b, x) => b.op("Softmax", [x], { axis: int(1) }),
    "first",
    "mixed",
  ],
  [
    "softmax over the first axis",
    (b, x) => b.op("Softmax", [x], { axis: int(0) }),
    "mixed",
    "elsewhere",
  ],
  [
    "sums up to each row",
    (b, x) => b.op("CumSum", [x, b.constant(int64([0], []))]),
    "mixed",
    "elsewhere",
  ],
  [
    "attention along the second axis",
    (b, x) => b.matmul(b.matmul(x, b.transpose(x, [0, 2, 1])), x),
    "first",
    "mixed",
  ],
  ["exchanged axes", (b, x) => b.transpose(x, [1, 0, 2]), "elsewhere", "first"],
  ["a value and its transpose", (b, x) => b.add(x, b.transpose(x, [1, 0, 2])), "mixed", "mixed"],
  ["rows and columns in one axis", (b, x) => b.reshape(x, [36, 6]), "elsewhere", "elsewhere"],
  ["the sum over the first axis", (b, x) => b.sum(x, [0], false), "mixed", "first"],
  ["the last row", (b, x) => b.slice(x, [0], [5], [6]), "mixed", "elsewhere"],
  ["pieces joined along the first axis", (b, x) => b.concat([x, x], 0), "mixed", "elsewhere"],
])("%s", (_, network, first, second) => {
  expect([rows(network, 0), rows(network, 1)]).toEqual([first, second]);
});
