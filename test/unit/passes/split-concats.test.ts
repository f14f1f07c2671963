import { expect, test } from "vitest";
import type { Value } from "../../../src/onnx/ir.js";
import { splitConcats } from "../../../src/passes/split-concats.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

test("a Concat of 23 inputs becomes Concats of at most 4 with the same result", async () => {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [1, 2] });
  const values: Value[] = Array.from({ length: 23 }, (_, i) => b.addScalar(x, i));
  const graph = b.build([{ name: "y", value: b.concat(values, 1, "all") }]);
  const split = splitConcats(graph, 4);
  const concats = split.nodes.filter(({ op }) => op === "Concat");
  expect(Math.max(...concats.map(({ inputs }) => inputs.length))).toBeLessThanOrEqual(4);
  expect(new Set(split.nodes.map(({ name }) => name)).size).toBe(split.nodes.length);
  const backend = ortBackend({ threads: 1 });
  const feeds = new Map([["x", float32([1, 2], [0.25, 0.5])]]);
  const [plain, tree] = await Promise.all(
    [graph, split].map(async (g) => (await backend.compile(g)).run(feeds)),
  );
  expect(toNumbers(tree!.get("y")!)).toEqual(toNumbers(plain!.get("y")!));
});
