import { describe, expect, it } from "vitest";
import { TargetError, UnsupportedModelError } from "../../../src/errors.js";
import { int, ints } from "../../../src/onnx/attribute.js";
import type { Graph, Node } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { inferKnown } from "../../../src/passes/infer-known.js";
import { prepare } from "../../../src/passes/prepare.js";
import { resolveSequences } from "../../../src/passes/resolve-sequences.js";
import { selectOutput } from "../../../src/passes/select-output.js";
import { int64, tensor, type Tensor } from "../../../src/tensor/tensor.js";
import { emptyGraph } from "../../support/graphs.js";

function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Node["attributes"] = {},
): Node {
  return { name: output, op, domain: "", inputs, outputs: [output], attributes };
}

function graph(nodes: readonly Node[], outputs: readonly string[], opset = 18): Graph {
  return {
    ...emptyGraph(opset),
    inputs: ["x", "side"].map((name) => ({
      name,
      fact: { dtype: "float32", shape: ["N", 4] },
    })),
    outputs: outputs.map((name) => ({ name, fact: { dtype: "float32", shape: [] } })),
    nodes,
  };
}

const withConstants = (g: Graph, constants: Readonly<Record<string, Tensor>>): Graph => ({
  ...g,
  constants: new Map(Object.entries(constants)),
});

describe("selectOutput", () => {
  const model = graph(
    [
      node("Relu", ["x"], "features"),
      node("Relu", ["features"], "y"),
      node("Mul", ["features", "side"], "gated"),
      node("Mystery", ["gated"], "boxes"),
    ],
    ["y", "boxes"],
  );

  it("removes nodes and inputs that the output does not need", () => {
    const part = selectOutput(model, "y");
    expect(part.nodes.map((n) => n.name)).toEqual(["features", "y"]);
    expect(part.inputs.map((i) => i.name)).toEqual(["x"]);
    expect(prepare(part, registry).facts.get("y")!.shape).toEqual(["N", 4]);
    expect(() => prepare(model, registry)).toThrow(UnsupportedModelError);
  });

  it("accepts any value computed by a node", () => {
    const part = selectOutput(model, "gated");
    expect(part.outputs.map((o) => o.name)).toEqual(["gated"]);
    expect(part.inputs.map((i) => i.name)).toEqual(["x", "side"]);
    expect(() => selectOutput(model, "nowhere")).toThrow(TargetError);
  });

  it("keeps the outer values that a branch reads", () => {
    const body = graph([node("Relu", ["features"], "r")], ["r"]);
    const branch = { type: "graph", value: { ...body, inputs: [] } } as const;
    const condition = withConstants(
      graph(
        [
          node("Relu", ["x"], "features"),
          node("If", ["yes"], "y", { then_branch: branch, else_branch: branch }),
        ],
        ["y"],
      ),
      { yes: tensor("bool", [], new Uint8Array([1])) },
    );
    expect(selectOutput(condition, "y").nodes.map((n) => n.name)).toEqual(["features", "y"]);
  });
});

describe("inferKnown", () => {
  it("stops only at unsupported operators", () => {
    const model = graph(
      [
        node("Relu", ["x"], "a"),
        node("Mystery", ["a"], "b"),
        node("Relu", ["b"], "c"),
        node("Concat", ["a", "a"], "wrong", { axis: int(5) }),
        node("Relu", ["a"], "d"),
      ],
      ["c", "d"],
    );
    const known = inferKnown(model, registry);
    expect(known.nodes.map((n) => n.name)).toEqual(["a", "d"]);
    expect(known.facts.has("c")).toBe(false);
    expect(known.outputs[1]!.fact.shape).toEqual(["N", 4]);
  });
});

describe("branches of an older operator set", () => {
  it("are upgraded together with the enclosing graph", () => {
    // Before 13, Squeeze had its axes as an attribute.
    const body = graph([node("Squeeze", ["u"], "s", { axes: ints([2]) })], ["s"], 11);
    const branch = { type: "graph", value: { ...body, inputs: [] } } as const;
    const model = withConstants(
      graph(
        [
          node("Unsqueeze", ["x"], "u", { axes: ints([2]) }),
          node("If", ["yes"], "y", { then_branch: branch, else_branch: branch }),
        ],
        ["y"],
        11,
      ),
      { yes: tensor("bool", [], new Uint8Array([1])) },
    );
    expect(prepare(model, registry).outputs[0]!.fact.shape).toEqual(["N", 4]);
  });
});

describe("resolveSequences", () => {
  const at = (i: number): Record<string, Tensor> => ({ i: int64([i], []) });
  const split = (attributes: Node["attributes"], ...lengths: string[]): Graph =>
    graph(
      [
        node("SplitToSequence", ["x", ...lengths], "s", attributes),
        node("SequenceAt", ["s", "i"], "y"),
      ],
      ["y"],
    );
  const shapeOf = (g: Graph): readonly unknown[] => prepare(g, registry).outputs[0]!.fact.shape;

  it.each<[string, Graph, readonly unknown[]]>([
    [
      "equal pieces",
      withConstants(split({ axis: int(1) }, "n"), { ...at(1), n: int64([3], []) }),
      ["N", 1],
    ],
    [
      "listed lengths",
      withConstants(split({ axis: int(1) }, "n"), { ...at(-1), n: int64([1, 3]) }),
      ["N", 3],
    ],
    ["single rows", withConstants(split({ axis: int(1) }), at(2)), ["N", 1]],
    [
      "rows without their axis",
      withConstants(split({ axis: int(1), keepdims: int(0) }), at(2)),
      ["N"],
    ],
  ])("%s", (_, g, expected) => {
    expect(shapeOf(g)).toEqual(expected);
    expect(resolveSequences(g).nodes).toHaveLength(1);
  });

  it("keeps a sequence with a run-time index", () => {
    const g = withConstants(split({ axis: int(1) }, "side"), at(0));
    expect(() => prepare(g, registry)).toThrow(/SplitToSequence[^]*SequenceAt/);
  });
});
