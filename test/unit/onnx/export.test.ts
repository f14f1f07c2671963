import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import { exportModel, writeModel } from "../../../src/onnx/export.js";
import { importModel } from "../../../src/onnx/import/import.js";
import type { Graph } from "../../../src/onnx/ir.js";
import { printGraph } from "../../../src/onnx/print.js";
import { float32, fromNumbers, int64, tensor } from "../../../src/tensor/tensor.js";
import { smallModel } from "./small-models.js";

const producer = new Map([
  ["ir_version", "8"],
  ["producer_name", "fullgrad"],
]);

const inner: Graph = {
  name: "body",
  opsets: new Map([
    ["", 17],
    ["my", 2],
  ]),
  inputs: [],
  outputs: [{ name: "t", fact: { dtype: "float32", shape: [2] } }],
  nodes: [{ name: "n", op: "Neg", domain: "", inputs: ["a"], outputs: ["t"], attributes: {} }],
  constants: new Map(),
  metadata: new Map(),
};

const rich: Graph = {
  name: "rich",
  opsets: inner.opsets,
  inputs: [
    { name: "x", fact: { dtype: "float32", shape: ["N", 3, "2*H", "(H+1)"] } },
    { name: "k", fact: { dtype: "int64", shape: [] } },
  ],
  outputs: [{ name: "y", fact: { dtype: "float16", shape: ["N", 10] } }],
  nodes: [
    {
      name: "first",
      op: "Split",
      domain: "",
      inputs: ["x", "", "k"],
      outputs: ["a", "", "b"],
      attributes: {},
    },
    {
      name: "second",
      op: "Custom",
      domain: "my",
      inputs: ["a", "b"],
      outputs: ["y"],
      attributes: {
        f: { type: "float", value: -0.5 },
        i: { type: "int", value: -(2 ** 40) },
        s: { type: "string", value: "grün" },
        t: { type: "tensor", value: int64([1, -2, 3]) },
        g: { type: "graph", value: inner },
        fs: { type: "floats", value: [1, Infinity] },
        is: { type: "ints", value: [] },
        ss: { type: "strings", value: ["a", ""] },
      },
    },
  ],
  constants: new Map([
    [
      "w",
      float32(
        [2, 300],
        Float32Array.from({ length: 600 }, (_, i) => i / 7),
      ),
    ],
    ["h", fromNumbers("float16", [2], [1, -2])],
    ["b16", fromNumbers("bfloat16", [1], [3])],
    ["on", fromNumbers("bool", [2], [1, 0])],
    ["u", tensor("uint64", [1], BigUint64Array.of(2n ** 64n - 1n))],
    ["d", tensor("float64", [], Float64Array.of(Math.E))],
    ["names", tensor("string", [2], ["ä", ""])],
    ["none", float32([0, 3], [])],
  ]),
  metadata: new Map([["labels", "cat,dog"], ...producer]),
};

describe("writing a graph", () => {
  it("and reading it gives the same graph", async () => {
    expect(await importModel(decodeModel(writeModel(rich)))).toEqual(rich);
  });

  it("keeps a real network: fixture → graph → file → graph", async () => {
    const file = new URL("../../../fixtures/networks/resnet18.dynamo.onnx", import.meta.url);
    const graph = await importModel(decodeModel(readFileSync(file)));
    const again = await importModel(decodeModel(writeModel(graph)));
    expect({ ...again, metadata: graph.metadata }).toEqual(graph);
  });

  it("shares the weights' memory", () => {
    const raw = exportModel(rich).graph?.initializer?.[0]?.rawData;
    expect(raw?.buffer).toBe((rich.constants.get("w")?.data as Float32Array).buffer);
  });

  it.each([
    [11, 8n],
    [17, 8n],
    [18, 8n],
    [19, 9n],
    [20, 9n],
    [21, 10n],
    [22, 10n],
    [23, 11n],
    [28, 14n],
  ])("of opset %i asks for IR version %i", (opset, ir) => {
    expect(exportModel({ ...rich, opsets: new Map([["", opset]]) }).irVersion).toBe(ir);
  });
});

describe("printing a graph", () => {
  it("shows ports, small constants, attributes and subgraphs", () => {
    expect(printGraph(rich)).toMatchInlineSnapshot(`
      "graph "rich" (ai.onnx 17, my 2)
        input  %x: float32[N,3,2*H,(H+1)]
        input  %k: int64[]
        const  %w: float32[2,300]
        const  %h: float16[2] = [1,-2]
        const  %b16: bfloat16[1] = [3]
        const  %on: bool[2] = [1,0]
        const  %u: uint64[1] = [18446744073709551615]
        const  %d: float64[] = 2.71828
        const  %names: string[2] = ["ä",""]
        const  %none: float32[0,3] = []
        %a, _, %b = Split(%x, _, %k)  # first
        %y = my.Custom(%a, %b) {f=-0.5, fs=[1,Infinity], g=graph, i=-1099511627776, is=[], s="grün", ss=["a",""], t=int64[3] = [1,-2,3]}  # second
          g:
            graph "body" (ai.onnx 17, my 2)
              %t = Neg(%a)  # n
              output %t: float32[2]
        output %y: float16[N,10]
      "
    `);
  });

  it("shows known facts", async () => {
    const graph = await importModel(smallModel);
    const facts = new Map([["c", { dtype: "float32" as const, shape: ["N", 1, 8, 8] }]]);
    expect(printGraph({ ...graph, facts })).toContain(
      "  %c: float32[N,1,8,8] = Conv(%x, %w, %b) {kernel_shape=[3,3], pads=[1,1,1,1]}  # conv1\n",
    );
  });
});
