/**
 * Models with hostile structure: nested, cyclic, repeated, or large.
 *
 * @module
 */
import { encodeModel } from "../../../src/onnx/file/encode.js";
import type {
  FunctionProto,
  GraphProto,
  NodeProto,
  TensorProto,
} from "../../../src/onnx/file/schema.js";
import { floats, graphAttribute, model, node, smallModel } from "../../unit/onnx/small-models.js";
import type { Hostile } from "./claims.js";
import { chain, field, file, imageModel, int64s, nestedGraphs, varint } from "./models.js";

const yes: TensorProto = { name: "yes", dataType: 9, int32Data: Int32Array.of(1) };

/** Nested Ifs whose branches are all taken. */
function nestedIfs(depth: number): NodeProto {
  let inner: NodeProto = node("Relu", ["x"], ["r"]);
  for (let i = 0; i < depth; i++) {
    const body: GraphProto = { node: [inner], output: [floats(inner.output![0]!, 1)] };
    const other: GraphProto = { node: [node("Neg", ["x"], ["n"])], output: [floats("n", 1)] };
    const attribute = [graphAttribute("then_branch", body), graphAttribute("else_branch", other)];
    inner = node("If", ["yes"], [i === depth - 1 ? "y" : `r${i}`], { attribute });
  }
  return inner;
}

/** f0 calls f1 twice, f1 calls f2 twice, … */
function doubling(levels: number, leaf: readonly NodeProto[]): FunctionProto[] {
  return Array.from({ length: levels }, (_, i) => ({
    name: `f${i}`,
    domain: "my",
    input: ["a"],
    output: ["c"],
    opsetImport: [{ domain: "", version: 17n }],
    node:
      i === levels - 1
        ? [...leaf]
        : [
            node(`f${i + 1}`, ["a"], ["b"], { domain: "my" }),
            node(`f${i + 1}`, ["b"], ["c"], { domain: "my" }),
          ],
  }));
}

function withFunctions(functions: FunctionProto[]): ReturnType<typeof model> {
  const graph = {
    node: [node("f0", ["x"], ["y"], { domain: "my" })],
    input: [floats("x", 1, 3, 8, 8)],
    output: [floats("y")],
  };
  return model(graph, { functions });
}

/** The graph of a small model with insertions. */
function changed(change: (graph: GraphProto) => GraphProto): ReturnType<typeof model> {
  return { ...smallModel, graph: change(smallModel.graph!) };
}

const bytesOfGraph = (...parts: readonly (readonly number[])[]): Uint8Array =>
  file(field(7, Uint8Array.from(parts.flat())));

export const structures: readonly Hostile[] = [
  ["nothing at all", () => new Uint8Array(0), /no(t an ONNX model| graph)/],
  ["messages nested 200 deep", () => nestedGraphs(200), /nested deeper than 100 levels/],
  [
    "100 000 groups inside each other, in a field nobody knows",
    () => file(Uint8Array.from(new Array<number[]>(100_000).fill([0x93, 0x03]).flat())),
    /damaged or truncated|not an ONNX model/,
  ],
  [
    "a text of 2³¹ bytes announced",
    () => bytesOfGraph([0x12, ...varint(2 ** 31)]),
    /damaged or truncated/,
  ],
  [
    "a message of 2⁶³ bytes announced",
    () => bytesOfGraph([0x0a, ...new Array<number>(9).fill(0xff), 0x01]),
    /damaged or truncated/,
  ],
  [
    "a varint without an end",
    () => bytesOfGraph([0x0a, ...new Array<number>(64).fill(0xff)]),
    /damaged or truncated/,
  ],
  [
    "five million empty nodes in ten megabytes",
    () =>
      file(
        field(
          7,
          new Uint8Array(10_000_000).fill(0x0a).map((b, i) => (i % 2 === 0 ? b : 0)),
        ),
      ),
    /more than 1000000 messages/,
  ],
  [
    "a node's name of ten megabytes",
    () => encodeModel(imageModel([node("Relu", ["x"], ["y"], { name: "n".repeat(1e7) })])),
    /a name of 10000000 characters/,
  ],
  [
    "an operator's name of ten megabytes",
    () => encodeModel(imageModel([node("R".repeat(1e7), ["x"], ["y"])])),
    /a name of 10000000 characters/,
  ],
  [
    "an attribute of ten megabytes where a word belongs",
    () => {
      const mode = { name: "mode", s: new Uint8Array(1e7).fill(65), type: 3 };
      return imageModel([node("Resize", ["x"], ["y"], { attribute: [mode] })]);
    },
    /attribute "mode".*characters more\)$/s,
  ],
  [
    "a symbol of ten megabytes for an extent",
    () =>
      model({
        node: [node("Relu", ["x"], ["y"])],
        input: [floats("x", "N".repeat(1e7), 2)],
        output: [floats("y")],
      }),
    /open extents that grow without bound/,
  ],
  [
    "an input of a thousand axes",
    () => imageModel([node("Relu", ["x"], ["y"])], [], new Array<number>(1000).fill(1)),
    /1000 dimensions/,
  ],
  [
    "an input of 2⁶² by 2⁶² pixels",
    () => imageModel([node("Relu", ["x"], ["y"])], [], [1, 1, 2 ** 62, 2 ** 62]),
    /"x" is declared with/,
  ],
  [
    "a node that reads its own result",
    () => imageModel([node("Add", ["x", "y"], ["y"])]),
    /depends on its own result/,
  ],
  [
    "a circle of 10 000 nodes",
    () => {
      const ring = Array.from({ length: 10_000 }, (_, i) =>
        node("Add", ["x", i === 0 ? "v9999" : `v${i - 1}`], [`v${i}`]),
      );
      return imageModel([...ring, node("Relu", ["v0"], ["y"])]);
    },
    /depends on its own result/,
  ],
  [
    "two values of one name",
    () => imageModel([node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])]),
    /"y" is defined twice/,
  ],
  [
    "two initializers of one name",
    () => changed((g) => ({ ...g, initializer: [...g.initializer!, ...g.initializer!] })),
    /"w" is defined twice/,
  ],
  [
    "weights that are missing",
    () => changed((g) => ({ ...g, initializer: [] })),
    /no node produces the value "w"/,
  ],
  [
    "weights whose dims lie",
    () =>
      changed((g) => ({
        ...g,
        initializer: g.initializer!.map((t) => ({
          ...t,
          dims: BigInt64Array.of(64n, 64n, 7n, 7n),
        })),
      })),
    /needs 802816 bytes for 200704 float32, but has 36/,
  ],
  [
    "weights of 2³² by 2³² elements",
    () =>
      changed((g) => ({
        ...g,
        initializer: g.initializer!.map((t) => ({
          ...t,
          dims: BigInt64Array.of(2n ** 32n, 2n ** 32n),
        })),
      })),
    /impossible dims/,
  ],
  [
    "a node of 10 000 inputs",
    () => imageModel([node("Sum", new Array<string>(10_000).fill("x"), ["y"])]),
    /10000 inputs or outputs/,
  ],
  [
    "a node of 4096 inputs",
    () => imageModel([node("Sum", new Array<string>(4096).fill("x"), ["y"])]),
    "explained",
  ],
  ["If inside If, thirty deep", () => imageModel([nestedIfs(30)], [yes]), "explained"],
  [
    "a branch with fewer results than its If",
    () => {
      const attribute = ["then_branch", "else_branch"].map((n) =>
        graphAttribute(n, { output: [] }),
      );
      return imageModel([node("If", ["yes"], ["y"], { attribute, name: "bad" })], [yes]);
    },
    /node "bad"\) has 1 outputs, its branch has 0/,
  ],
  [
    "a function that calls itself",
    () => withFunctions([{ ...doubling(1, [node("f0", ["a"], ["c"], { domain: "my" })])[0] }]),
    /calls itself/,
  ],
  [
    "functions that call functions twice, thirty levels",
    () => withFunctions(doubling(30, [node("Relu", ["a"], ["c"])])),
    /expand to over 100000 nodes/,
  ],
  [
    "functions whose bodies are a subgraph of a hundred thousand names, called 4096 times",
    () => {
      const initializer = Array.from({ length: 100_000 }, (_, i) => int64s(`i${i}`, 1n));
      const attribute = [graphAttribute("then_branch", { initializer })];
      return withFunctions(doubling(13, [node("If", ["a"], ["c"], { attribute })]));
    },
    /expand to over 500000 names/,
  ],
  [
    "a subgraph in a function in a subgraph, a hundred levels",
    () => {
      const functions = doubling(100, [node("Relu", ["a"], ["c"])]).map((f, i) => {
        const inner = {
          node: [node(`f${i + 1}`, ["a"], ["b"], { domain: "my" })],
          output: [floats("b")],
        };
        const attribute = [graphAttribute("then_branch", inner)];
        return i === 99 ? f : { ...f, node: [node("If", ["a"], ["c"], { attribute })] };
      });
      return withFunctions(functions);
    },
    /nested/,
  ],
  [
    "a chain of 10 000 nodes",
    () => chain(10_000, (from, to) => node("Relu", [from], [to])),
    "explained",
  ],
  [
    "a value that 10 000 nodes read",
    () => {
      const readers = Array.from({ length: 10_000 }, (_, i) =>
        node("Add", [i === 0 ? "x" : `v${i - 1}`, "x"], [i === 9999 ? "y" : `v${i}`]),
      );
      return imageModel(readers);
    },
    "explained",
  ],
  [
    "5000 layers with a bias each",
    () => chain(5000, (from, to) => node("Sigmoid", [from], [to])),
    "explained",
  ],
];
