import { describe, expect, test } from "vitest";
import { findImageAxes } from "../../../src/analysis/find-image-axes.js";
import { ints } from "../../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../../src/onnx/builder.js";
import type { Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import type { Shape } from "../../../src/tensor/shape.js";
import { full } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

type Network = (b: GraphBuilder, x: Value) => Value;

function found(shape: Shape, network: Network): string {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape });
  const graph = b.build([{ name: "y", value: network(b, x) }]);
  const axes = findImageAxes(graph, registry, "x");
  return typeof axes === "string" ? axes : axes.layout;
}

const weights = (b: GraphBuilder, ...dims: number[]): Value => b.constant(full("float32", dims, 1));
const conv: Network = (b, x) =>
  b.op("Conv", [x, weights(b, 2, Number(x.fact.shape[1]), ...x.fact.shape.slice(2).map(() => 1))]);
const product: Network = (b, x) => b.matmul(x, weights(b, Number(x.fact.shape.at(-1)), 3));

/** What a reader of the network would say of its input. */
const networks: readonly (readonly [string, Shape, string, Network])[] = [
  ["a convolution", ["N", 3, 8, 9], "NCHW", conv],
  [
    "a convolution after a Transpose",
    ["N", 8, 9, 3],
    "NHWC",
    (b, x) => conv(b, b.transpose(x, [0, 3, 1, 2])),
  ],
  [
    "one step of a sequence for each position",
    ["N", 30, 12],
    "NLC",
    (b, x) => conv(b, b.transpose(x, [0, 2, 1])),
  ],
  [
    "a spectrogram gets a channel",
    ["N", 20, 30],
    "NFT",
    (b, x) => conv(b, b.reshape(x, ["N", 1, 20, 30])),
  ],
  [
    "a grey picture gets a channel",
    ["N", 28, 28],
    "NHW",
    (b, x) => conv(b, b.reshape(x, ["N", 1, 28, 28])),
  ],
  ["a picture gets a batch", [3, 8, 9], "CHW", (b, x) => conv(b, b.reshape(x, [1, 3, 8, 9]))],
  [
    "a picture that no layer tells anything of",
    [3, 20, 30],
    "CHW",
    (b, x) => b.op("Resize", [x, undefined, b.constant(full("float32", [3], 2))]),
  ],
  ["a signal gets a channel", ["N", 100], "NL", (b, x) => conv(b, b.reshape(x, ["N", 1, 100]))],
  [
    "frames are folded into the batch",
    [2, 5, 3, 8, 9],
    "NTCHW",
    (b, x) => conv(b, b.reshape(x, [10, 3, 8, 9])),
  ],
  [
    "the frames of one sample are folded into the batch",
    [1, 5, 3, 8, 9],
    "NTCHW",
    (b, x) => conv(b, b.reshape(x, [5, 3, 8, 9])),
  ],
  ["a volume", [1, 1, 5, 6, 7], "NCDHW", conv],
  [
    "samples on the second axis",
    [30, "N", 12],
    "LNC",
    (b, x) => conv(b, b.transpose(x, [1, 2, 0])),
  ],
  ["a product over the last axis", ["N", 9, 16], "NLC", product],
  ["a product of a vector", ["N", 16], "NC", product],
  [
    "patches cut by a Reshape",
    ["N", 3, 8, 8],
    "NCHW",
    (b, x) => {
      const cut = b.transpose(b.reshape(x, ["N", 3, 2, 4, 2, 4]), [0, 2, 4, 1, 3, 5]);
      return product(b, b.reshape(cut, ["N", 4, 48]));
    },
  ],
  [
    "a mean over positions, then a product",
    ["N", 8, 9, 16],
    "NHWC",
    (b, x) => product(b, b.reshape(b.mean(x, [1, 2]), ["N", 16])),
  ],
  [
    "channels first, by their number",
    ["N", 3, 8, 8],
    "NCHW",
    (b, x) => product(b, b.reshape(x, ["N", 192])),
  ],
  [
    "channels last, by their number",
    ["N", 8, 8, 1],
    "NHWC",
    (b, x) => product(b, b.reshape(x, ["N", 64])),
  ],
];

test.each(networks)("%s: %j is %s", (_, shape, layout, network) => {
  expect(found(shape, network)).toBe(layout);
});

describe("the axes are undecided", () => {
  test("where all axes are flattened together", () => {
    expect(found(["N", 6, 8], (b, x) => product(b, b.reshape(x, ["N", 48])))).toBe(
      "no layer determines the meaning of its axes",
    );
  });

  test("where two layers read the axes differently", () => {
    const network: Network = (b, x) =>
      b.add(
        b.reshape(b.mean(conv(b, x), [1, 2]), ["N"]),
        b.reshape(b.mean(conv(b, b.op("Transpose", [x], { perm: ints([0, 2, 1]) })), [1, 2]), [
          "N",
        ]),
      );
    expect(found(["N", 6, 8], network)).toMatch(/read its axes differently/);
  });
});
