import { describe, expect, it } from "vitest";
import { ModelFormatError, ShapeError, UnsupportedModelError } from "../../../src/errors.js";
import { int } from "../../../src/onnx/attribute.js";
import type { Graph, Node } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { foldConstants } from "../../../src/passes/fold-constants.js";
import { inferShapes } from "../../../src/passes/infer-shapes.js";
import { upgradeOpset } from "../../../src/passes/upgrade-opset.js";
import { float32, int64 } from "../../../src/tensor/tensor.js";
import { emptyGraph, newGraph } from "../../support/graphs.js";

function node(op: string, inputs: string[], output: string, rest: Partial<Node> = {}): Node {
  return { name: output, op, domain: "", inputs, outputs: [output], attributes: {}, ...rest };
}

function graph(nodes: readonly Node[], rest: Partial<Graph> = {}, opset = 18): Graph {
  return {
    ...emptyGraph(opset),
    inputs: [{ name: "x", fact: { dtype: "float32", shape: ["N", 3, "H", "W"] } }],
    outputs: [{ name: "y", fact: { dtype: "float32", shape: [] } }],
    nodes,
    ...rest,
  };
}

describe("inferShapes", () => {
  it("ignores the declared shape of an output", () => {
    const typed = inferShapes(graph([node("Relu", ["x"], "y")]), registry);
    expect(typed.outputs[0]!.fact.shape).toEqual(["N", 3, "H", "W"]);
  });

  it("replaces open extents by the given sizes", () => {
    const sizes = new Map([["x", [1, 3, 8, 8]]]);
    const typed = inferShapes(graph([node("Flatten", ["x"], "y")]), registry, sizes);
    expect(typed.outputs[0]!.fact.shape).toEqual([1, 192]);
  });

  it("lists all unsupported operators at once", () => {
    const unknown = graph([node("Foo", ["x"], "f"), node("Bar", ["f"], "y")]);
    const attempt = (): unknown => inferShapes(unknown, registry);
    expect(attempt).toThrow(UnsupportedModelError);
    expect(attempt).toThrow(/Foo[\s\S]*Bar/);
  });

  it("names the node with a shape mismatch", () => {
    const constants = new Map([["c", float32([2], [1, 2])]]);
    const bad = graph([node("Concat", ["x", "c"], "y", { attributes: { axis: int(0) } })], {
      constants,
    });
    expect(() => inferShapes(bad, registry)).toThrow(ShapeError);
    expect(() => inferShapes(bad, registry)).toThrow(/node "y"/);
  });
});

describe("foldConstants", () => {
  it("computes the shape arithmetic of view(x.size(0), -1)", () => {
    const nodes = [
      node("Shape", ["x"], "shape"),
      node("Gather", ["shape", "zero"], "n"),
      node("Unsqueeze", ["n", "axes"], "n1"),
      node("Concat", ["n1", "rest"], "target", { attributes: { axis: int(0) } }),
      node("Reshape", ["x", "target"], "y"),
    ];
    const constants = new Map([
      ["zero", int64([0], [])],
      ["axes", int64([0])],
      ["rest", int64([-1])],
    ]);
    const fixed = new Map([["x", [2, 3, 4, 4]]]);
    const folded = foldConstants(inferShapes(graph(nodes, { constants }), registry, fixed));
    expect(folded.nodes.map((n) => n.op)).toEqual(["Reshape"]);
    expect(folded.constants).toEqual(new Map([["target", int64([2, -1])]]));
    expect(folded.outputs[0]!.fact.shape).toEqual([2, 48]);

    const open = inferShapes(graph(nodes, { constants }), registry);
    expect(open.outputs[0]!.fact.shape).toEqual(["N", "3*H*W"]);
  });

  it("keeps a graph output with known elements", () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: [2, 3] });
    const size = b.op("Shape", [x], {}, "size");
    const folded = foldConstants(b.build([{ name: "size", value: size }]));
    expect(folded.outputs.map((o) => o.name)).toEqual(["size"]);
    expect(folded.constants.get("size")).toEqual(int64([2, 3]));
  });
});

describe("uplift", () => {
  it("rejects operator sets older than 7 and names the remedy", () => {
    const old = graph([node("Relu", ["x"], "y")], {}, 6);
    expect(() => upgradeOpset(old)).toThrow(ModelFormatError);
    expect(() => upgradeOpset(old)).toThrow(/opset_version/);
  });

  it("returns newer models unchanged", () => {
    const fresh = graph([node("Relu", ["x"], "y")], {}, 20);
    expect(upgradeOpset(fresh)).toBe(fresh);
  });

  it("generates unused names", () => {
    const squeeze = node("Squeeze", ["x"], "y", {
      name: "squeeze",
      attributes: { axes: { type: "ints", value: [1] } },
    });
    const constants = new Map([["squeeze/axes", int64([5])]]);
    const lifted = upgradeOpset(graph([squeeze], { constants }, 11));
    const [, axes] = lifted.nodes[0]!.inputs;
    expect(axes).not.toBe("squeeze/axes");
    expect(lifted.constants.get(axes!)).toEqual(int64([1]));
    expect(lifted.constants.get("squeeze/axes")).toEqual(int64([5]));
  });

  it("does not change operators of other domains", () => {
    const own = node("Clip", ["x"], "y", { domain: "com.example" });
    expect(upgradeOpset(graph([own], {}, 9)).nodes).toEqual([own]);
  });
});
