/**
 * Models of a few hundred bytes with excessive claims: the claim of each file, and the expected error.
 *
 * @module
 */
import type { ModelProto } from "../../../src/onnx/file/schema.js";
import { ints, node } from "../../unit/onnx/small-models.js";
import { chain, imageModel, int, int64s, numbers, onImage, text } from "./models.js";

export type Hostile = readonly [
  statement: string,
  make: () => ModelProto | Uint8Array,
  answer: RegExp | "explained",
];

const huge = 2n ** 40n;
const none = {};

/** x plus a value computed from its shape. */
function besideShape(nodes: readonly ReturnType<typeof node>[], ...more: bigint[]): ModelProto {
  const all = [node("Shape", ["x"], ["s"]), ...nodes, node("Add", ["x", "z"], ["y"])];
  return imageModel(all, [int64s("k", ...more), int64s("zero", 0n)]);
}

export const claims: readonly Hostile[] = [
  [
    "ConstantOfShape of 2⁴⁰ by 2⁴⁰ elements",
    () => besideShape([node("ConstantOfShape", ["k"], ["z"], { name: "bad" })], huge, huge),
    /node "bad".*impossible dims/,
  ],
  [
    "ConstantOfShape of −3 elements",
    () => besideShape([node("ConstantOfShape", ["k"], ["z"], { name: "bad" })], -3n),
    /node "bad".*an extent of -3/,
  ],
  [
    "Expand to 2⁴⁰ elements",
    () => onImage("Expand", [int64s("k", huge, 3n, 8n, 8n)]),
    /node "bad".*impossible dims/,
  ],
  [
    "Tile to 2⁴⁰ elements",
    () => onImage("Tile", [int64s("k", 1n, 1n, huge, 1n)]),
    /node "bad".*impossible dims/,
  ],
  [
    "Tile with too few repeats",
    () => onImage("Tile", [int64s("k", 1n, 2n)]),
    /node "bad".*2 repeats for rank 4/,
  ],
  [
    "Range of 2⁵³ numbers",
    () =>
      imageModel(
        [node("Range", ["a", "b", "c"], ["z"], { name: "bad" }), node("Add", ["x", "z"], ["y"])],
        [int64s("a", 0n), int64s("b", 2n ** 53n), int64s("c", 1n)],
      ),
    /node "bad".*an extent of|impossible dims/,
  ],
  [
    "Range by steps of 0",
    () =>
      imageModel(
        [node("Range", ["a", "b", "a"], ["z"], { name: "bad" }), node("Add", ["x", "z"], ["y"])],
        [int64s("a", 0n), int64s("b", 9n)],
      ),
    /node "bad".*an extent of Infinity/,
  ],
  [
    "Reshape to a shape of 10⁹ axes",
    () => {
      const graph = onImage("Reshape").graph!;
      const wide = {
        name: "s",
        type: { tensorType: { elemType: 7, shape: { dim: [{ dimValue: 10n ** 9n }] } } },
      };
      const nodes = [node("Reshape", ["x", "s"], ["y"], { name: "bad" })];
      return {
        ...onImage("Relu"),
        graph: { ...graph, node: nodes, input: [...graph.input!, wide] },
      };
    },
    /node "bad".*1000000000 axes/,
  ],
  [
    "Unsqueeze with 4000 axes",
    () => onImage("Unsqueeze", [int64s("k", ...Array.from({ length: 4000 }, (_, i) => BigInt(i)))]),
    /node "bad".*4004 dimensions/,
  ],
  [
    "Split into 2³¹ pieces",
    () => onImage("Split", [], [int("num_outputs", 2n ** 31n)]),
    /node "bad".*num_outputs is 2147483648/,
  ],
  [
    "Split into −1 pieces",
    () => onImage("Split", [], [int("num_outputs", -1n)]),
    /node "bad".*num_outputs is -1/,
  ],
  [
    "AveragePool with a kernel of 10⁹ in pads of 10⁹",
    () =>
      onImage(
        "AveragePool",
        [],
        [
          ints("kernel_shape", 10n ** 9n, 10n ** 9n),
          ints("pads", 10n ** 9n, 10n ** 9n, 10n ** 9n, 10n ** 9n),
        ],
      ),
    /node "bad".*(impossible dims|exceeds the limit)/,
  ],
  [
    "AveragePool with 4 million counts, dilated",
    () =>
      onImage(
        "AveragePool",
        [],
        [ints("kernel_shape", 5000n, 5000n), ints("pads", 5000n, 5000n, 5000n, 5000n)],
      ),
    /exceeds the limit/,
  ],
  [
    "MaxPool with strides of 0",
    () => onImage("MaxPool", [], [ints("kernel_shape", 1n, 1n), ints("strides", 0n, 0n)]),
    /node "bad".*stride 0/,
  ],
  [
    "Conv whose pads end at 2⁶³",
    () => {
      const weight = { ...numbers("w", [1, 1, 1]), dims: BigInt64Array.of(1n, 3n, 1n, 1n) };
      const pads = ints("pads", 2n ** 63n - 1n, 0n, 2n ** 63n - 1n, 0n);
      return onImage("Conv", [weight], [pads]);
    },
    /node "bad".*(an extent of|impossible dims)/,
  ],
  [
    "Pad by reflection, 10⁹ on each side",
    () =>
      onImage(
        "Pad",
        [int64s("k", 0n, 0n, 0n, 10n ** 7n, 0n, 0n, 0n, 10n ** 7n)],
        [text("mode", "reflect")],
      ),
    /node "bad".*exceeds the limit/,
  ],
  [
    "Resize to 10⁷ by 1",
    () =>
      onImage("Resize", [none, none, int64s("k", 1n, 3n, 10n ** 7n, 1n)], [text("mode", "cubic")]),
    /node "bad".*(exceeds the limit|at most 65536 are allowed)/,
  ],
  [
    "Resize of 10⁷ to 1 with antialias",
    () =>
      onImage(
        "Resize",
        [none, none, int64s("k", 1n, 1n, 1n, 1n)],
        [text("mode", "cubic"), int("antialias", 1n)],
        [1, 1, 1, 10 ** 7],
      ),
    /node "bad".*at most 65536 are allowed/,
  ],
  [
    "Resize by scales of 10³⁰ and NaN",
    () => onImage("Resize", [none, numbers("k", [1, 1, 1e30, NaN])]),
    /node "bad".*(an extent of|impossible dims|scale NaN)/,
  ],
  [
    "Slice of every second of 10⁷ columns",
    () =>
      onImage(
        "Slice",
        [int64s("a", 0n), int64s("b", 10n ** 9n), int64s("c", 3n), int64s("d", 2n)],
        [],
        [1, 1, 1, 10 ** 7],
      ),
    "explained",
  ],
  [
    "Slice with 2 starts and 1 end",
    () => onImage("Slice", [int64s("a", 0n, 0n), int64s("b", 4n)]),
    /node "bad".*differ in length: 2, 1, 2, 2/,
  ],
  [
    "LRN over 10⁶ channels",
    () => onImage("LRN", [], [int("size", 5n)], [1, 10 ** 6, 1, 1]),
    /node "bad".*exceeds the limit/,
  ],
  [
    "Einsum over the diagonal of 10⁶ by 10⁶",
    () =>
      onImage(
        "Einsum",
        [],
        [text("equation", "ii->i")],
        [10 ** 6, 10 ** 3].map(() => 90000),
      ),
    /node "bad".*exceeds the limit/,
  ],
  [
    "thirty Resizes, each just small enough",
    () => {
      const sizes = { name: "k", ...int64s("k", 1n, 1n, 2000n, 2000n) };
      const back = int64s("m", 1n, 1n, 1999n, 1999n);
      const made = chain(30, (from, to) =>
        node("Resize", [from, "", "", /[02468]$/.test(from) ? "k" : "m"], [to], {
          attribute: [text("mode", "linear")],
        }),
      );
      const initializer = [sizes, back];
      const input = imageModel([], [], [1, 1, 1500, 1500]).graph!.input!;
      return { ...made, graph: { ...made.graph, initializer, input } };
    },
    /the constants added to the model exceed/,
  ],
  [
    "an open extent added to itself forty times",
    () => {
      const doublings = Array.from({ length: 40 }, (_, i) =>
        node("Add", [i === 0 ? "n" : `n${i}`, i === 0 ? "n" : `n${i}`], [`n${i + 1}`]),
      );
      const graph = besideShape([
        node("Gather", ["s", "zero"], ["n"]),
        ...doublings,
        node("ConstantOfShape", ["n40"], ["z"]),
      ]);
      const open = imageModel([], []).graph!.input!.map((info) => ({
        ...info,
        type: {
          tensorType: {
            elemType: 1,
            shape: { dim: [{ dimParam: "N" }, { dimValue: 3n }, {}, {}] },
          },
        },
      }));
      return { ...graph, graph: { ...graph.graph, input: open } };
    },
    /grow without bound/,
  ],
  [
    "2000 nodes of shape arithmetic, of 4096 elements each",
    () => {
      const steps = Array.from({ length: 2000 }, (_, i) =>
        node("Add", [`r${i}`, `r${i}`], [`r${i + 1}`]),
      );
      return imageModel(
        [
          node("Range", ["a", "b", "c"], ["r0"]),
          ...steps,
          node("Cast", ["r2000"], ["f"], { attribute: [int("to", 1n)] }),
          node("Gather", ["f", "a"], ["z"]),
          node("Add", ["x", "z"], ["y"]),
        ],
        [int64s("a", 0n), int64s("b", 4096n), int64s("c", 1n)],
      );
    },
    /shape arithmetic exceeds/,
  ],
  [
    "a Softmax of operator set 11 that has no input",
    () => ({
      ...imageModel([node("Softmax", [], ["z"], { name: "bad" }), node("Relu", ["x"], ["y"])]),
      opsetImport: [{ domain: "", version: 11n }],
    }),
    /node "bad".*takes 1 inputs/,
  ],
  ["Add with one input", () => onImage("Add"), /node "bad".*takes 2 inputs, not \("x"\)/],
  [
    "a Constant without a value",
    () =>
      imageModel([node("Constant", [], ["z"], { name: "bad" }), node("Add", ["x", "z"], ["y"])]),
    /node "bad"\) has no value/,
  ],
];
