import { expect, it } from "vitest";
import { activePath } from "../../../../src/analysis/active-path.js";
import { traceImageAxes } from "../../../../src/analysis/trace-image-axes.js";
import { restoration } from "../../../../src/analysis/traced-axes.js";
import { differentiate } from "../../../../src/autodiff/differentiate.js";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { ints } from "../../../../src/onnx/attribute.js";
import { GraphBuilder } from "../../../../src/onnx/builder.js";
import type { TypedGraph } from "../../../../src/onnx/ir.js";
import { registry } from "../../../../src/ops/all.js";
import { Registry } from "../../../../src/ops/core/registry.js";
import type { OpSpec } from "../../../../src/ops/core/spec.js";
import { expandDefinitions } from "../../../../src/passes/replacement/expand-definitions.js";
import { full, fromNumbers, toNumbers } from "../../../../src/tensor/tensor.js";
import { emptyGraph, newGraph } from "../../../support/graphs.js";

/** Columns of 2×2 blocks, one step apart, of a picture of 3×3. */
function folded(): TypedGraph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [1, 4, 4] });
  const y = b.op("Col2Im", [x, b.ints([3, 3]), b.ints([2, 2])], {}, "fold");
  return b.build([{ name: y.name, value: y }]);
}

it("a node gives way to its definition, whose names begin with its own, and its value keeps its name", () => {
  const expanded = expandDefinitions(folded(), registry);
  expect(expanded.nodes.map(({ name, op }) => `${op} ${name}`)).toEqual([
    "Reshape fold/columns",
    "ConvTranspose fold/image",
    "Identity fold",
  ]);
  expect(expanded.outputs).toEqual(folded().outputs);
});

it("columns of ones count the blocks that each pixel lies in", async () => {
  const executable = await ortBackend({ threads: 1 }).compile(
    expandDefinitions(folded(), registry),
  );
  const ones = full("float32", [1, 4, 4], 1);
  const results = await executable.run(new Map([["x", ones]]));
  await executable.dispose();
  expect(Array.from(toNumbers(results.get("fold")!))).toEqual([1, 2, 1, 2, 4, 2, 1, 2, 1]);
});

it("a node that was not expanded is refused, and says what to do", () => {
  const graph = folded();
  const b = GraphBuilder.on(graph, registry.infer);
  const seeds = new Map([["fold", b.constant(full("float32", [1, 1, 3, 3], 1))]]);
  const attempt = (): unknown =>
    differentiate(b, graph, registry, seeds, new Set(["x", "fold"])).of("x");
  expect(attempt).toThrow(/Col2Im.*"fold".*expandDefinitions first/s);
});

it("an operator of another domain, for which no engine has a kernel, runs as its definition", async () => {
  const twice: OpSpec = {
    ...registry.get("Identity")!,
    ...{ type: "Twice", domain: "com.example", since: 1 },
    vjp: (b, _, [dy]) => [() => b.mulScalar(dy!, 2)],
    definition: (b, n) => [b.add(n.x(), n.x())],
  };
  const rules = Registry.of([...registry.all(), twice]);
  const b = GraphBuilder.on(emptyGraph(18, { "com.example": 1 }), rules.infer);
  const x = b.input("x", { dtype: "float32", shape: [2] });
  const [y] = b.call("Twice", [x], {}, { domain: "com.example", hint: "twice" });
  const graph = expandDefinitions(b.build([{ name: "twice", value: y! }]), rules);
  const executable = await ortBackend({ threads: 1 }).compile(graph);
  const results = await executable.run(new Map([["x", fromNumbers("float32", [2], [3, -4])]]));
  await executable.dispose();
  expect(Array.from(toNumbers(results.get("twice")!))).toEqual([6, -8]);
});

it("positions of the image come through: blocks that only touch, taken from a picture and put back", () => {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [1, 4, 2, 2] });
  const columns = b.reshape(x, [1, 4, 4]);
  const strides = { strides: ints([2, 2]) };
  const y = b.op("Col2Im", [columns, b.ints([4, 4]), b.ints([2, 2])], strides, "fold");
  const expanded = expandDefinitions(b.build([{ name: "fold", value: y }]), registry);
  const { dependent } = activePath(expanded, registry, ["x"]);
  const axes = traceImageAxes(expanded, registry, dependent, "x").get("fold")!;
  expect(restoration(axes, 2, 1)?.shape).toEqual([1, 1, 4, 4]);
});

it("attention without a mask is the mean of the values where all scores are equal", async () => {
  const b = newGraph(23);
  const x = (name: string): ReturnType<typeof b.input> =>
    b.input(name, { dtype: "float32", shape: [1, 1, 2, 1] });
  const [q, k, v] = [x("q"), x("k"), x("v")];
  const y = b.op("Attention", [q, k, v], {}, "attention");
  const graph = expandDefinitions(b.build([{ name: "attention", value: y }]), registry);
  const executable = await ortBackend({ threads: 1 }).compile(graph);
  const of = (...values: number[]) => fromNumbers("float32", [1, 1, 2, 1], values);
  const feeds = new Map([
    ["q", of(0, 1)],
    ["k", of(3, 3)],
    ["v", of(1, 5)],
  ]);
  const results = await executable.run(feeds);
  await executable.dispose();
  expect(Array.from(toNumbers(results.get("attention")!))).toEqual([3, 3]);
});
