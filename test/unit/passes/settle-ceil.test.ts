import { expect, test } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { int, ints } from "../../../src/onnx/attribute.js";
import type { TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { settleCeil } from "../../../src/passes/settle-ceil.js";
import { float32, toNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

/** A pool with kernel and stride 3, one pad on each side and ceil_mode, and a Mul that depends on its shape. */
function pooling(op: string, height: number, width: number): TypedGraph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [1, 1, height, width] });
  const attributes = {
    kernel_shape: ints([3, 3]),
    strides: ints([3, 3]),
    pads: ints([1, 1, 1, 1]),
    ceil_mode: int(1),
    ...(op === "AveragePool" ? { count_include_pad: int(1) } : {}),
  };
  const y = b.op(op, [x], attributes, "pool");
  return b.build([{ name: "y", value: b.mul(y, y) }]);
}

// By hand. Of 2 elements and a pad on each side, the window after the first begins in the end pad: skipped. Of 3, the
// second begins at the last element and hangs over by one; what hangs over is not counted.
test.each([
  ["AveragePool", 2, 2, [1, 1], [(0 + 1 + 2 + 3) / 9]],
  ["AveragePool", 2, 3, [1, 2], [(0 + 1 + 3 + 4) / 9, (2 + 5) / 6]],
  ["MaxPool", 2, 2, [1, 1], [3]],
  ["MaxPool", 2, 3, [1, 2], [4, 5]],
])("%s of %i×%i in ceil mode", async (op, height, width, size, expected) => {
  const graph = settleCeil(pooling(op, height, width), registry);
  expect(graph.outputs[0]!.fact.shape).toEqual([1, 1, ...size]);
  const executable = await ortBackend({ threads: 1 }).compile(graph);
  const x = float32(
    [1, 1, height, width],
    Float32Array.from({ length: height * width }, (_, i) => i),
  );
  const y = (await executable.run(new Map([["x", x]]))).get("y")!;
  await executable.dispose();
  expect(y.dims).toEqual([1, 1, ...size]);
  for (const [i, v] of Array.from(toNumbers(y)).entries()) {
    expect(v).toBeCloseTo(expected[i]! ** 2, 5);
  }
});

test("a pool without such a window is unchanged", () => {
  const graph = pooling("MaxPool", 3, 3);
  expect(settleCeil(graph, registry)).toBe(graph);
});
