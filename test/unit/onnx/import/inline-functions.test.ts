import { describe, expect, it } from "vitest";
import { ModelFormatError } from "../../../../src/errors.js";
import { importModel } from "../../../../src/onnx/import/import.js";
import { printGraph } from "../../../../src/onnx/print.js";
import type { FunctionProto, ModelProto, NodeProto } from "../../../../src/onnx/file/schema.js";
import { floats, graphAttribute, model, node } from "../small-models.js";

const opsetImport = [{ domain: "", version: 17n }];

function withFunctions(nodes: NodeProto[], ...functions: FunctionProto[]): ModelProto {
  const graph = { node: nodes, input: [floats("x", 2)], output: [floats("y", 2)] };
  return model(graph, {
    functions: functions.map((f) => ({ domain: "my", opsetImport, ...f })),
  });
}

/** silu(a) = a·σ(a), with a local name that also occurs in the caller. */
const silu: FunctionProto = {
  name: "Silu",
  input: ["a"],
  output: ["r"],
  node: [node("Sigmoid", ["a"], ["y"]), node("Mul", ["a", "y"], ["r"], { name: "times" })],
};

function call(opType: string, input: string, output: string, rest: NodeProto = {}): NodeProto {
  return node(opType, [input], [output], { domain: "my", ...rest });
}

describe("a call of a function of the model", () => {
  it("is replaced by its body, with names prefixed by the call", async () => {
    const nodes = [call("Silu", "x", "h", { name: "act1" }), call("Silu", "h", "y")];
    const graph = await importModel(withFunctions(nodes, silu));
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph "main" (ai.onnx 17)
        input  %x: float32[2]
        %act1/y = Sigmoid(%x)  # Sigmoid_0
        %h = Mul(%x, %act1/y)  # act1/times
        %Silu/y = Sigmoid(%h)  # Sigmoid_2
        %y = Mul(%h, %Silu/y)  # Silu/times
        output %y: float32[2]
      "
    `);
  });

  it("passes its attributes to the body: given, default or absent", async () => {
    const f: FunctionProto = {
      name: "F",
      input: ["a"],
      output: ["r"],
      attribute: ["alpha", "gamma"],
      attributeProto: [{ name: "beta", f: 0.25, type: 1 }],
      node: [
        node("Selu", ["a"], ["r"], {
          attribute: ["alpha", "beta", "gamma"].map((name) => ({
            name,
            refAttrName: name,
            type: 1,
          })),
        }),
      ],
    };
    const attribute = [{ name: "alpha", f: 2, type: 1 }];
    const graph = await importModel(withFunctions([call("F", "x", "y", { attribute })], f));
    expect(graph.nodes[0]?.attributes).toEqual({
      alpha: { type: "float", value: 2 },
      beta: { type: "float", value: 0.25 },
    });
  });

  it("may occur in a function and in a subgraph, and return an input", async () => {
    const same: FunctionProto = { name: "Same", input: ["a"], output: ["a"] };
    const branch = { node: [call("Silu", "b", "t")], output: [floats("t", 2)] };
    const outer: FunctionProto = {
      name: "Outer",
      input: ["a"],
      output: ["r"],
      node: [
        call("Same", "a", "b"),
        node("If", ["a"], ["r"], { attribute: [graphAttribute("then_branch", branch)] }),
      ],
    };
    const proto = withFunctions([call("Outer", "x", "y", { name: "o" })], silu, same, outer);
    expect(printGraph(await importModel(proto))).toMatchInlineSnapshot(`
      "graph "main" (ai.onnx 17)
        input  %x: float32[2]
        %o/b = Identity(%x)  # Identity_0
        %y = If(%x) {then_branch=graph}  # If_1
          then_branch:
            graph "" (ai.onnx 17)
              %Silu/y = Sigmoid(%o/b)  # Sigmoid_0
              %o/t = Mul(%o/b, %Silu/y)  # Silu/times
              output %o/t: float32[2]
        output %y: float32[2]
      "
    `);
  });

  it("is rejected if functions are recursive or grow beyond the limits", async () => {
    const self: FunctionProto = {
      name: "Self",
      input: ["a"],
      output: ["r"],
      node: [call("Self", "a", "r")],
    };
    await expect(importModel(withFunctions([call("Self", "x", "y")], self))).rejects.toThrow(
      /function Self calls itself/,
    );
    const laughs = Array.from({ length: 40 }, (_, i): FunctionProto => ({
      name: `L${i}`,
      input: ["a"],
      output: ["r"],
      node: [call(`L${i + 1}`, "a", "b"), call(`L${i + 1}`, "b", "r")],
    }));
    const bomb = importModel(withFunctions([call("L0", "x", "y")], ...laughs));
    await expect(bomb).rejects.toThrow(ModelFormatError);
    await expect(bomb).rejects.toThrow(/expand to over/);
  });

  it("is rejected if function and model use different opsets", async () => {
    const old = { ...silu, opsetImport: [{ domain: "", version: 13n }] };
    await expect(importModel(withFunctions([call("Silu", "x", "y")], old))).rejects.toThrow(
      /function Silu uses opset 13 of ai\.onnx, the model opset 17/,
    );
  });
});
