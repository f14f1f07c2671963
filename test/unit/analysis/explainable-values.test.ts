import { describe, expect, it } from "vitest";
import { analyze } from "../../../src/runtime/analyze.js";
import { checkExplainable } from "../../../src/runtime/subgraph.js";
import { UnsupportedModelError } from "../../../src/errors.js";
import { int, ints } from "../../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../../src/onnx/builder.js";
import type { Graph, Node, TypedGraph, Value } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { prepare } from "../../../src/passes/prepare.js";
import { float32, int64 } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

/** A model of the operator set 11 on an image [1,3,8,8]. */
function model(make: (b: GraphBuilder, x: Value) => Value): TypedGraph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [1, 3, 8, 8] });
  const graph = b.build([{ name: "y", value: make(b, x) }]);
  return graph;
}

const weights = (b: GraphBuilder, dims: number[]): Value =>
  b.constant(float32(dims, new Float32Array(dims.reduce((p, d) => p * d, 1)).fill(0.1)), "weights");

const conv = (b: GraphBuilder, x: Value, channels: number, kernel: number, name: string): Value =>
  b.op("Conv", [x, weights(b, [channels, Number(x.fact.shape[1]), kernel, kernel])], {}, name);

const offers = (graph: Graph): string[] =>
  analyze(graph, registry)
    .alternatives()
    .map(({ name }) => name);

/** With a node of an operator that nobody knows at the end. */
function withUnknown(graph: TypedGraph, ...inputs: string[]): Graph {
  const node: Node = {
    ...{ name: "odd", op: "Wibble", domain: "acme", inputs, outputs: ["z"], attributes: {} },
  };
  return {
    ...graph,
    nodes: [...graph.nodes, node],
    outputs: [{ name: "z", fact: { dtype: "float32", shape: [1, 2] } }],
  };
}

describe("values offered in place of an output", () => {
  it("are none that only moves, scales or recolours the image", () => {
    const scaled = model((b, x) => {
      const centred = b.mulScalar(b.addScalar(x, -0.5, "shift"), 4, "scale");
      return b.transpose(conv(b, centred, 3, 1, "colours"), [0, 2, 3, 1], "y");
    });
    expect(offers(withUnknown(scaled, "y"))).toEqual([]);
    const normalized = model((b, x) => {
      const ones = b.constant(float32([3], [1, 2, 3]), "stored");
      return b.op("BatchNormalization", [x, ones, ones, ones, ones], {}, "y");
    });
    expect(offers(withUnknown(normalized, "y"))).toEqual([]);
  });

  it("are scores before features, and features before boxes", () => {
    const graph = model((b, x) => {
      const features = b.op("Relu", [conv(b, x, 4, 3, "body")], {}, "features");
      const boxes = b.reshape(conv(b, features, 4, 1, "boxes"), [1, 36, 4], "rows");
      const scores = b.reshape(conv(b, features, 1, 1, "scores"), [1, 1, 36], "row");
      const limits = [b.constant(int64([9], [1])), b.scalar(0.5, x), b.scalar(0.1, x)];
      return b.op("NonMaxSuppression", [boxes, scores, ...limits], {}, "kept");
    });
    expect(offers(withUnknown(graph, "y", "features"))).toEqual(["scores", "features", "boxes"]);
  });

  it("have names that are in the file, whatever older operator sets are rewritten to", () => {
    const graph = model((b, x) => {
      const logits = b.op("ReduceMean", [conv(b, x, 5, 3, "body"), b.ints([2, 3])], {}, "logits");
      return b.op("Softmax", [logits], { axis: int(1) }, "probabilities");
    });
    // Before operator set 13, Softmax flattens first, which is written out; ReduceMean had its axes as an attribute.
    const old = {
      ...withUnknown(graph, "y"),
      opsets: new Map([["", 12]]),
      nodes: [...graph.nodes, ...withUnknown(graph, "y").nodes.slice(-1)].map((node) =>
        node.op === "ReduceMean"
          ? { ...node, inputs: node.inputs.slice(0, 1), attributes: { axes: ints([2, 3]) } }
          : node,
      ),
    };
    const names = new Set(old.nodes.flatMap((node) => node.outputs));
    const offered = offers(old);
    expect(offered.length).toBeGreaterThan(0);
    expect(offered.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe("what stands in the way", () => {
  it("is named with the operator set of the file", () => {
    const graph = {
      ...withUnknown(
        model((b, x) => conv(b, x, 5, 3, "body")),
        "y",
      ),
    };
    const old = {
      ...graph,
      opsets: new Map([
        ["", 13],
        ["acme", 3],
      ]),
    };
    const hole = { node: "body", op: "Conv", opset: 18, reason: "because" };
    const error = analyze(old, registry).withHints(new UnsupportedModelError([hole]));
    expect((error as UnsupportedModelError).holes).toEqual([{ ...hole, opset: 13 }]);
  });

  it("is the node that decides how large the output is, not the last one", () => {
    const graph = model((b, x) => {
      const mask = b.greater(b.mean(conv(b, x, 4, 3, "body"), [1]), 0);
      const where = b.op("NonZero", [mask], {}, "found");
      return b.mulScalar(b.cast(where, "float32", "positions"), 2, "y");
    });
    const gathered = withGathered(graph);
    const prepared = prepare(gathered, registry);
    expect(() => {
      checkExplainable(prepared, registry, "x", "picked");
    }).toThrow(/NonZero \(node "found".*the number of rows it keeps/s);
  });
});

/** The image's rows at the positions that were found: a float of the image, in a size that it decides. */
function withGathered(graph: TypedGraph): Graph {
  const node: Node = {
    name: "picked",
    op: "Gather",
    domain: "",
    inputs: ["x", "found"],
    outputs: ["picked"],
    attributes: { axis: int(2) },
  };
  const fact = { dtype: "float32", shape: [] } as const;
  return { ...graph, nodes: [...graph.nodes, node], outputs: [{ name: "picked", fact }] };
}
