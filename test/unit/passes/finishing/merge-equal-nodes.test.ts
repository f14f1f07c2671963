import { describe, expect, it } from "vitest";
import { int } from "../../../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../../../src/onnx/builder.js";
import type { TypedGraph, Value } from "../../../../src/onnx/ir.js";
import { mergeEqualNodes } from "../../../../src/passes/finishing/merge-equal-nodes.js";
import { registry } from "../../../../src/ops/all.js";
import { newGraph } from "../../../support/graphs.js";

function graphOf(emit: (b: GraphBuilder, x: Value) => Value): TypedGraph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [2, 3] });
  return b.build([{ name: "y", value: emit(b, x) }]);
}

const operators = (graph: TypedGraph): string[] =>
  mergeEqualNodes(graph, registry).nodes.map((n) => n.op);

describe("nodes that compute the same become one", () => {
  it("with what follows from them", () => {
    const square = (b: GraphBuilder, x: Value): Value => b.mul(b.neg(x), b.neg(x));
    const graph = graphOf((b, x) => b.add(square(b, x), square(b, x)));
    expect(operators(graph)).toEqual(["Neg", "Mul", "Add", "Identity"]);
  });

  it("but not where an attribute, an input or a number differs", () => {
    const graph = graphOf((b, x) => {
      const tops = [0, 1].map((axis) => b.op("ArgMax", [x], { axis: int(axis), keepdims: int(0) }));
      const first = b.slice(tops[0]!, [0], [0], [1]);
      const sum = b.add(b.addScalar(x, 1), b.addScalar(x, 2));
      return b.add(
        sum,
        b.add(b.cast(first, "float32"), b.cast(b.slice(tops[1]!, [0], [0], [1]), "float32")),
      );
    });
    expect(operators(graph)).toEqual(graph.nodes.map((n) => n.op));
  });

  it("not where both are outputs of the graph, whose names stay", () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: [2] });
    const [p, q] = [b.neg(x, "p"), b.neg(x, "q")];
    const graph = b.build([p, q].map((value) => ({ name: value.name, value })));
    const merged = mergeEqualNodes(graph, registry);
    expect(merged.outputs.map(({ name }) => name)).toEqual(["p", "q"]);
    expect(merged.nodes).toHaveLength(2);
  });
});
