import { describe, expect, it } from "vitest";
import { ModelFormatError, UnsupportedModelError } from "../../../../src/errors.js";
import { importModel } from "../../../../src/onnx/import/import.js";
import type { Graph } from "../../../../src/onnx/ir.js";
import {
  AttributeType,
  type GraphProto,
  type TensorProto,
} from "../../../../src/onnx/file/schema.js";
import type { Tensor } from "../../../../src/tensor/tensor.js";
import { floats, graphAttribute, ints, model, node, smallModel } from "../small-models.js";

const INT64_MAX = 2n ** 63n - 1n;
const relu = node("Relu", ["x"], ["y"]);
const ports = { input: [floats("x", 2)], output: [floats("y", 2)] };

function load(graph: GraphProto): Promise<Graph> {
  return importModel(model(graph));
}

async function loadTensor(proto: TensorProto): Promise<Tensor | undefined> {
  const graph = await load({ ...ports, node: [relu], initializer: [{ name: "t", ...proto }] });
  return graph.constants.get("t");
}

describe("an imported graph", () => {
  it("holds nodes, weights, opsets, ports and metadata", async () => {
    const graph = await importModel({
      ...smallModel,
      metadataProps: [{ key: "labels", value: "cat" }],
    });
    expect(graph.nodes.map((n) => [n.op, n.name, n.inputs, n.outputs])).toEqual([
      ["Conv", "conv1", ["x", "w", "b"], ["c"]],
      ["Relu", "Relu_1", ["c"], ["y"]],
    ]);
    expect(graph.nodes[0]?.attributes["pads"]).toEqual({ type: "ints", value: [1, 1, 1, 1] });
    expect(graph.inputs).toEqual([
      { name: "x", fact: { dtype: "float32", shape: ["N", 1, 8, 8] } },
    ]);
    expect(graph.constants.get("b")).toEqual({
      dtype: "float32",
      dims: [1],
      data: Float32Array.of(0.5),
    });
    expect(graph.opsets).toEqual(new Map([["", 17]]));
    expect(Object.fromEntries(graph.metadata)).toEqual({
      ir_version: "8",
      producer_name: "test",
      labels: "cat",
    });
  });

  it("does not count initializers among its inputs, as files of IR version 3 do", async () => {
    const graph = await load({
      ...smallModel.graph,
      input: [...smallModel.graph!.input!, floats("w", 1, 1, 3, 3), floats("b", 1)],
    });
    expect(graph.inputs.map((p) => p.name)).toEqual(["x"]);
  });

  it("has symbols for open extents, generated if the file has no names", async () => {
    const graph = await load({
      node: [relu],
      input: [floats("x", "unk__0", null, -1, 3)],
      output: [floats("y", "2*s0", "s0//2 + 1", "2*s0 + 1", "7")],
    });
    expect(graph.inputs[0]?.fact.shape).toEqual(["unk__0", "unk__1", "unk__2", 3]);
    expect(graph.outputs[0]?.fact.shape).toEqual(["2*s0", "(s0//2 + 1)", "(2·s0 + 1)", "(7)"]);
  });

  it("gives every node a unique name", async () => {
    const names = ["", "a", "a", "Relu_0", "a_2", ""];
    const nodes = names.map((name, i) => node("Relu", ["x"], [`y${i}`], { name }));
    const graph = await load({ node: nodes, input: [floats("x", 2)] });
    expect(graph.nodes.map((n) => n.name)).toEqual([
      "Relu_0_2",
      "a",
      "a_3",
      "Relu_0",
      "a_2",
      "Relu_5",
    ]);
  });

  it("is topologically sorted; sorted nodes keep their order", async () => {
    const scrambled = [node("C", ["b"], ["y"]), node("A", ["x"], ["a"]), node("B", ["a"], ["b"])];
    const graph = await load({ ...ports, node: scrambled });
    expect(graph.nodes.map((n) => n.op)).toEqual(["A", "B", "C"]);
    const parallel = ["C", "A", "B"].map((op) => node(op, ["x"], [op]));
    const same = await load({ node: parallel, input: ports.input });
    expect(same.nodes.map((n) => n.op)).toEqual(["C", "A", "B"]);
  });

  it("is sorted without recursion: 50 000 nodes in reverse", async () => {
    const count = 50_000;
    const chain = Array.from({ length: count }, (_, i) => node("Relu", [`v${i}`], [`v${i + 1}`]));
    const graph = await load({ node: chain.reverse(), input: [floats("v0", 1)] });
    expect(graph.nodes).toHaveLength(count);
    expect(graph.nodes[0]?.inputs).toEqual(["v0"]);
  });

  it("calls ai.onnx by its short name", async () => {
    const proto = model({ ...ports, node: [{ ...relu, domain: "ai.onnx" }] });
    const graph = await importModel({
      ...proto,
      opsetImport: [{ domain: "ai.onnx", version: 18n }],
    });
    expect(graph.opsets).toEqual(new Map([["", 18]]));
    expect(graph.nodes[0]?.domain).toBe("");
  });
});

describe("a tensor in a file", () => {
  const one = BigInt64Array.of(1n);
  it.each<[string, TensorProto, Tensor["data"]]>([
    [
      "float_data",
      { dataType: 1, dims: one, floatData: Float32Array.of(2.5) },
      Float32Array.of(2.5),
    ],
    [
      "double_data",
      { dataType: 11, dims: one, doubleData: Float64Array.of(0.1) },
      Float64Array.of(0.1),
    ],
    [
      "int64_data",
      { dataType: 7, dims: one, int64Data: BigInt64Array.of(INT64_MAX) },
      BigInt64Array.of(INT64_MAX),
    ],
    [
      "uint64_data",
      { dataType: 13, dims: one, uint64Data: BigUint64Array.of(2n ** 64n - 1n) },
      BigUint64Array.of(2n ** 64n - 1n),
    ],
    [
      "uint64_data of uint32",
      { dataType: 12, dims: one, uint64Data: BigUint64Array.of(2n ** 32n - 1n) },
      Uint32Array.of(2 ** 32 - 1),
    ],
    ["int32_data", { dataType: 6, dims: one, int32Data: Int32Array.of(-7) }, Int32Array.of(-7)],
    [
      "int32_data of int8",
      { dataType: 3, dims: one, int32Data: Int32Array.of(-7) },
      Int8Array.of(-7),
    ],
    [
      "int32_data of uint16",
      { dataType: 4, dims: one, int32Data: Int32Array.of(65535) },
      Uint16Array.of(65535),
    ],
    [
      "int32_data of bool",
      { dataType: 9, dims: one, int32Data: Int32Array.of(1) },
      Uint8Array.of(1),
    ],
    [
      "int32_data of float16, as bits",
      { dataType: 10, dims: one, int32Data: Int32Array.of(0xbc00) },
      Uint16Array.of(0xbc00),
    ],
    [
      "int32_data of bfloat16, as bits",
      { dataType: 16, dims: one, int32Data: Int32Array.of(0x3f80) },
      Uint16Array.of(0x3f80),
    ],
    ["string_data", { dataType: 8, dims: one, stringData: [new TextEncoder().encode("ä")] }, ["ä"]],
    [
      "raw_data",
      { dataType: 1, dims: one, rawData: Uint8Array.of(0, 0, 0x20, 0x40) },
      Float32Array.of(2.5),
    ],
    [
      "raw_data at an odd offset",
      { dataType: 5, dims: one, rawData: Uint8Array.of(9, 1, 2).subarray(1) },
      Int16Array.of(0x201),
    ],
    [
      "nothing, for no elements",
      { dataType: 1, dims: BigInt64Array.of(0n, 3n) },
      new Float32Array(0),
    ],
    ["no dims, for a scalar", { dataType: 1, floatData: Float32Array.of(1) }, Float32Array.of(1)],
  ])("may keep its elements in %s", async (_, proto, data) => {
    expect((await loadTensor(proto))?.data).toEqual(data);
  });

  it.each<[string, TensorProto, RegExp]>([
    [
      "too few elements",
      { dataType: 1, dims: BigInt64Array.of(2n, 3n), floatData: new Float32Array(5) },
      /initializer "t" has dims \[2,3\] but 5 elements/,
    ],
    [
      "too few bytes",
      { dataType: 1, dims: BigInt64Array.of(2n), rawData: new Uint8Array(7) },
      /"t" needs 8 bytes for 2 float32, but has 7/,
    ],
    [
      "dims whose product overflows",
      { dataType: 1, dims: BigInt64Array.of(2n ** 32n, 2n ** 32n), rawData: new Uint8Array(0) },
      /impossible dims/,
    ],
    [
      "negative dims",
      { dataType: 1, dims: BigInt64Array.of(-1n, -1n), floatData: new Float32Array(1) },
      /impossible dims/,
    ],
    [
      "a thousand dims",
      { dataType: 1, dims: new BigInt64Array(1000).fill(1n), floatData: new Float32Array(1) },
      /1000 dimensions/,
    ],
  ])("is refused with %s", async (_, proto, message) => {
    await expect(loadTensor(proto)).rejects.toThrow(ModelFormatError);
    await expect(loadTensor(proto)).rejects.toThrow(message);
  });
});

describe("a Constant node", () => {
  it.each<[string, object, Tensor]>([
    [
      "value",
      { t: { dataType: 7, dims: BigInt64Array.of(1n), int64Data: BigInt64Array.of(5n) }, type: 4 },
      { dtype: "int64", dims: [1], data: BigInt64Array.of(5n) },
    ],
    [
      "value_float",
      { f: 0.5, type: 1 },
      { dtype: "float32", dims: [], data: Float32Array.of(0.5) },
    ],
    [
      "value_floats",
      { floats: Float32Array.of(1, 2), type: 6 },
      { dtype: "float32", dims: [2], data: Float32Array.of(1, 2) },
    ],
    [
      "value_int",
      { i: INT64_MAX, type: 2 },
      { dtype: "int64", dims: [], data: BigInt64Array.of(INT64_MAX) },
    ],
    [
      "value_ints",
      { ints: BigInt64Array.of(INT64_MAX), type: 7 },
      { dtype: "int64", dims: [1], data: BigInt64Array.of(INT64_MAX) },
    ],
    ["value_string", { s: Uint8Array.of(65), type: 3 }, { dtype: "string", dims: [], data: ["A"] }],
    [
      "value_strings",
      { strings: [Uint8Array.of(65)], type: 8 },
      { dtype: "string", dims: [1], data: ["A"] },
    ],
  ])("becomes a constant: %s", async (name, value, expected) => {
    const constant = node("Constant", [], ["c"], { attribute: [{ name, ...value }] });
    const graph = await load({ ...ports, node: [constant, node("Add", ["x", "c"], ["y"])] });
    expect(graph.nodes.map((n) => n.op)).toEqual(["Add"]);
    expect(graph.constants.get("c")).toEqual(expected);
  });
});

describe("attributes", () => {
  it("are clamped to the exact range of a number", async () => {
    const slice = node("Slice", ["x"], ["y"], { attribute: [ints("ends", INT64_MAX, -5n)] });
    const graph = await load({ ...ports, node: [slice] });
    expect(graph.nodes[0]?.attributes["ends"]).toEqual({
      type: "ints",
      value: [Number.MAX_SAFE_INTEGER, -5],
    });
  });

  it("without a type are read by the field that is present", async () => {
    const attribute = [
      { name: "f", f: 2 },
      { name: "s", s: Uint8Array.of(66) },
    ];
    const graph = await load({ ...ports, node: [{ ...relu, attribute }] });
    expect(graph.nodes[0]?.attributes).toEqual({
      f: { type: "float", value: 2 },
      s: { type: "string", value: "B" },
    });
  });

  it("that are graphs read values of the enclosing graph, which are computed first", async () => {
    const branch = { name: "then", node: [node("Neg", ["late"], ["t"])], output: [floats("t", 2)] };
    const graph = await load({
      node: [
        node("If", ["x"], ["y"], { attribute: [graphAttribute("then_branch", branch)] }),
        node("Relu", ["x"], ["late"]),
      ],
      ...ports,
    });
    expect(graph.nodes.map((n) => n.op)).toEqual(["Relu", "If"]);
    const inner = graph.nodes[1]?.attributes["then_branch"];
    expect(inner?.type === "graph" && inner.value.nodes[0]?.op).toBe("Neg");
  });
});

describe("an inconsistent model", () => {
  const input = [floats("x", 2)];
  it.each<[string, GraphProto, RegExp]>([
    [
      "reads what nothing produces",
      { input, node: [node("Relu", ["ghost"], ["y"], { name: "r" })] },
      /Relu \(node "r"\): no node produces the value "ghost"/,
    ],
    [
      "outputs what nothing produces",
      { input, output: [floats("y", 2)] },
      /outputs: no node produces the value "y"/,
    ],
    [
      "writes a value twice",
      { input, node: [relu, node("Neg", ["x"], ["y"], { name: "n" })] },
      /Neg \(node "n"\): the value "y" is defined twice/,
    ],
    [
      "writes its input",
      { input, node: [node("Neg", ["x"], ["x"], { name: "n" })] },
      /Neg \(node "n"\): the value "x" is defined twice/,
    ],
    [
      "runs in a circle",
      { input, node: [node("A", ["b"], ["a"], { name: "first" }), node("B", ["a"], ["b"])] },
      /depends on its own result/,
    ],
    [
      "has a node without operator",
      { input, node: [{ output: ["y"] }] },
      /node 0 .* has no op_type/,
    ],
    [
      "refers to attributes of no function",
      { input, node: [{ ...relu, attribute: [{ name: "a", refAttrName: "b" }] }] },
      /not inside a function/,
    ],
  ])("is refused when it %s", async (_, graph, message) => {
    await expect(load(graph)).rejects.toThrow(ModelFormatError);
    await expect(load(graph)).rejects.toThrow(message);
  });

  it("is refused without an opset", async () => {
    const proto = { ...smallModel, opsetImport: [] };
    await expect(importModel(proto)).rejects.toThrow(/imports no opset/);
  });
});

describe("an unsupported element", () => {
  const sequence = { name: "seq", type: { sequenceType: { elemType: {} } } };

  it("is reported together with all others", async () => {
    const one = BigInt64Array.of(1n);
    const load_ = load({
      node: [
        node("SequenceAt", ["seq", "f8"], ["y"], { name: "at" }),
        node("Optional", [], ["o"], {
          name: "opt",
          attribute: [{ name: "type", tp: {}, type: 13 }],
        }),
      ],
      initializer: [
        { name: "f8", dataType: 17, dims: one, rawData: Uint8Array.of(1) },
        { name: "c64", dataType: 14, dims: one, rawData: new Uint8Array(8) },
      ],
      input: [sequence, { name: "c", type: { tensorType: { elemType: 14 } } }],
      output: [floats("y", 2)],
    });
    await expect(load_).rejects.toThrow(UnsupportedModelError);
    const error = (await load_.catch((e: unknown) => e)) as UnsupportedModelError;
    expect(error.holes.map((h) => [h.op, h.node, h.reason])).toEqual([
      [
        "initializer",
        "f8",
        "element type FLOAT8E4M3FN is not supported; export it as float16, or quantized to integers",
      ],
      ["initializer", "c64", "element type COMPLEX64 is not supported"],
      ["Optional", "opt", 'attribute "type" is a TYPE_PROTO'],
      ["input", "seq", "it is a sequence; only tensors are supported"],
    ]);
  });

  it("is accepted as an input that no node reads", async () => {
    const graph = await load({ ...ports, node: [relu], input: [...ports.input, sequence] });
    expect(graph.inputs.map((p) => p.name)).toEqual(["x"]);
  });

  it("may be an input of unknown rank", async () => {
    const x = { name: "x", type: { tensorType: { elemType: 1 } } };
    await expect(load({ node: [relu], input: [x] })).rejects.toThrow(
      /input \(node "x", opset 17\): its number of dimensions is not declared/,
    );
  });
});

it("AttributeType numbers are those of onnx.proto", () => {
  expect(AttributeType).toMatchObject({
    FLOAT: 1,
    TENSOR: 4,
    FLOATS: 6,
    STRINGS: 8,
    TYPE_PROTO: 13,
  });
});
