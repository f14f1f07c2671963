/**
 * Sound models of a kilobyte or less whose tensors take gigabytes.
 *
 * @module
 */
import type { ModelProto, NodeProto, TensorProto } from "../../../src/onnx/file/schema.js";
import { floats, ints, model, node } from "../../unit/onnx/small-models.js";
import { int, int64s, numbers } from "./models.js";

const side = 20_000n;

/** Two classes of a value "big" [1,3,H,W] that these nodes make of an image x. */
function bomb(
  nodes: readonly NodeProto[],
  initializer: readonly TensorProto[] = [],
  shape: readonly (number | string)[] = [1, 3, 8, 8],
): ModelProto {
  const weight = (name: string, dims: readonly number[]): TensorProto => ({
    ...numbers(
      name,
      Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.cos(i)),
    ),
    dims: BigInt64Array.from(dims, BigInt),
  });
  return model(
    {
      node: [
        ...nodes,
        node("GlobalAveragePool", ["big"], ["pooled"], { name: "pool" }),
        node("Flatten", ["pooled"], ["flat"], { name: "flatten" }),
        node("Gemm", ["flat", "weight", "bias"], ["y"], { name: "head" }),
      ],
      initializer: [...initializer, weight("weight", [3, 2]), weight("bias", [2])],
      input: [floats("x", ...shape)],
      output: [floats("y", shape[0]!, 2)],
    },
    { opsetImport: [{ domain: "", version: 18n }] },
  );
}

const one = [1, 3, 1, 1];
const size = int64s("k", 1n, 3n, side, side);
const scalar = (name: string, value: bigint): TensorProto => ({
  ...int64s(name, value),
  dims: new BigInt64Array(),
});

/** Each takes 4.8 GB or more. */
export const bombs: readonly (readonly [name: string, make: () => ModelProto])[] = [
  ["Expand", () => bomb([node("Expand", ["x", "k"], ["big"], { name: "bomb" })], [size], one)],
  [
    "Tile",
    () =>
      bomb(
        [node("Tile", ["x", "k"], ["big"], { name: "bomb" })],
        [int64s("k", 1n, 1n, 2500n, 2500n)],
      ),
  ],
  [
    "Pad",
    () =>
      bomb(
        [node("Pad", ["x", "k"], ["big"], { name: "bomb" })],
        [int64s("k", 0n, 0n, 0n, 0n, 0n, 0n, side, side)],
      ),
  ],
  ["Resize", () => bomb([node("Resize", ["x", "", "", "k"], ["big"], { name: "bomb" })], [size])],
  [
    "ConstantOfShape",
    () =>
      bomb(
        [
          node("ConstantOfShape", ["k"], ["zeros"], { name: "bomb" }),
          node("Add", ["x", "zeros"], ["big"]),
        ],
        [size],
        one,
      ),
  ],
  [
    "Range",
    () =>
      bomb(
        [
          node("Range", ["a", "b", "c"], ["numbers"], { name: "bomb" }),
          node("Cast", ["numbers"], ["floats"], { attribute: [int("to", 1n)] }),
          node("Add", ["x", "floats"], ["big"]),
        ],
        [scalar("a", 0n), scalar("b", 600_000_000n), scalar("c", 1n)],
        one,
      ),
  ],
  [
    "constants that an engine folds on loading",
    () =>
      bomb(
        [
          node("Expand", ["c", "k"], ["wide"], { name: "bomb" }),
          node("ReduceMean", ["wide", "axes"], ["mean"]),
          node("Add", ["x", "mean"], ["big"]),
        ],
        [
          { ...numbers("c", [1, 2, 3]), dims: BigInt64Array.of(1n, 3n, 1n, 1n) },
          size,
          int64s("axes", 2n, 3n),
        ],
      ),
  ],
  [
    "Concat of a value with itself, 24 times",
    () =>
      bomb(
        Array.from({ length: 24 }, (_, i) =>
          node(
            "Concat",
            [i === 0 ? "x" : `v${i - 1}`, i === 0 ? "x" : `v${i - 1}`],
            [i === 23 ? "big" : `v${i}`],
            {
              attribute: [int("axis", 3n)],
            },
          ),
        ),
      ),
  ],
  [
    "Conv with pads of 10 000",
    () =>
      bomb(
        [
          node("Conv", ["x", "w"], ["big"], {
            name: "bomb",
            attribute: [ints("pads", side / 2n, side / 2n, side / 2n, side / 2n)],
          }),
        ],
        [{ ...numbers("w", new Array<number>(9).fill(1)), dims: BigInt64Array.of(3n, 3n, 1n, 1n) }],
      ),
  ],
  [
    "ConvTranspose with strides of 3000",
    () =>
      bomb(
        [
          node("ConvTranspose", ["x", "w"], ["big"], {
            name: "bomb",
            attribute: [ints("strides", 3000n, 3000n)],
          }),
        ],
        [{ ...numbers("w", new Array<number>(9).fill(1)), dims: BigInt64Array.of(3n, 3n, 1n, 1n) }],
      ),
  ],
  [
    "a product of a column and a row",
    () =>
      bomb(
        [
          node("Expand", ["x", "row"], ["a"]),
          node("Expand", ["x", "column"], ["b"]),
          node("MatMul", ["b", "a"], ["big"], { name: "bomb" }),
        ],
        [int64s("row", 1n, 3n, 1n, side), int64s("column", 1n, 3n, side, 1n)],
        one,
      ),
  ],
  [
    "an input of 20 000 x 20 000",
    () => bomb([node("Relu", ["x"], ["big"])], [], [1, 3, 20_000, 20_000]),
  ],
];
