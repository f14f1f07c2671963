import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import type { GraphBuilder } from "../../../../src/onnx/builder.js";
import type { TypedGraph, Value } from "../../../../src/onnx/ir.js";
import { mergeReshapes } from "../../../../src/passes/finishing/merge-reshapes.js";
import type { Shape } from "../../../../src/tensor/shape.js";
import { float32, toNumbers, type Tensor } from "../../../../src/tensor/tensor.js";
import { newGraph } from "../../../support/graphs.js";

const x = float32(
  [2, 3, 4],
  Array.from({ length: 24 }, (_, i) => i),
);

function graphOf(shape: Shape, emit: (b: GraphBuilder, x: Value) => readonly Value[]): TypedGraph {
  const b = newGraph();
  const outputs = emit(b, b.input("x", { dtype: "float32", shape }));
  return b.build(outputs.map((value, i) => ({ name: `y${i}`, value })));
}

const operators = ({ nodes }: TypedGraph): string[] => nodes.map(({ op }) => op);

async function run(graph: TypedGraph): Promise<Tensor[]> {
  const executable = await ortBackend({ threads: 1 }).compile(graph);
  const results = [...(await executable.run(new Map([["x", x]]))).values()];
  await executable.dispose();
  return results;
}

async function expectEqual(merged: TypedGraph, graph: TypedGraph): Promise<void> {
  const [found, expected] = [await run(merged), await run(graph)];
  const plain = ({ dims, ...t }: Tensor): unknown => [dims, Array.from(toNumbers({ dims, ...t }))];
  expect(found.map(plain)).toEqual(expected.map(plain));
}

describe("a chain of nodes that split and join extents becomes one Reshape", () => {
  it("of a reshape, an unsqueeze and a flatten", async () => {
    const graph = graphOf(x.dims, (b, v) => {
      const rows = b.reshape(v, [6, 4]);
      const raised = b.op("Unsqueeze", [rows, b.ints([0])]);
      return [b.neg(b.op("Flatten", [raised]))];
    });
    const merged = mergeReshapes(graph);
    expect(operators(graph)).toEqual(["Reshape", "Unsqueeze", "Flatten", "Neg", "Identity"]);
    expect(operators(merged)).toEqual(["Reshape", "Neg", "Identity"]);
    await expectEqual(merged, graph);
  });

  it("and each step of it stays what it was for those that read it", async () => {
    const graph = graphOf(x.dims, (b, v) => {
      const rows = b.reshape(v, [6, 4]);
      return [b.neg(rows), b.neg(b.reshape(rows, [3, 8]))];
    });
    await expectEqual(mergeReshapes(graph), graph);
  });

  it("of an open batch", async () => {
    const graph = graphOf(["N", 3, 4], (b, v) => {
      const rows = b.reshape(v, ["N", 12]);
      return [b.neg(b.reshape(rows, ["N", 4, 3]))];
    });
    const merged = mergeReshapes(graph);
    expect(operators(merged)).toEqual(["Reshape", "Neg", "Identity"]);
    await expectEqual(merged, graph);
  });
});

describe("a chain that ends in the shape in which it began", () => {
  it("is left out", async () => {
    const graph = graphOf(x.dims, (b, v) => {
      const there = b.op("Reshape", [b.reshape(b.neg(v), [24]), b.ints(x.dims)]);
      return [b.neg(there)];
    });
    const merged = mergeReshapes(graph);
    expect(operators(merged)).toEqual(["Neg", "Neg", "Identity"]);
    await expectEqual(merged, graph);
  });

  it("stays where the graph's output has its name", async () => {
    const b = newGraph();
    const v = b.input("x", { dtype: "float32", shape: x.dims });
    const back = b.op("Reshape", [b.reshape(v, [24]), b.ints(x.dims)]);
    const graph = b.build([{ name: back.name, value: back }]);
    const merged = mergeReshapes(graph);
    expect(merged.outputs.map(({ name }) => name)).toEqual([back.name]);
    await expectEqual(merged, graph);
  });
});
