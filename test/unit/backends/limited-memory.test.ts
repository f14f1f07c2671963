import { describe, expect, test } from "vitest";
import { peakMemory } from "../../../src/analysis/peak-memory.js";
import { limitMemory, usualMaxMemory } from "../../../src/backends/limited-memory.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { MemoryLimitError } from "../../../src/errors.js";
import { int } from "../../../src/onnx/attribute.js";
import { float32, fromNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

const kilobyte = 256; // float32 elements

/** x [N,256] → Relu → Relu → sum [N,1] */
function chain(batch: number | string) {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [batch, kilobyte] });
  const sum = b.op("ReduceSum", [b.op("Relu", [b.op("Relu", [x])]), b.ints([1])], {
    keepdims: int(1),
  });
  return b.build([{ name: "sum", value: sum }]);
}

describe("the peak memory of a graph", () => {
  test("counts what is needed at once: the input, and two values at each node", () => {
    // The input stays; a Relu's input is freed once its output is there; axes are 8 bytes.
    expect(peakMemory(chain(1))).toMatchObject({ bytes: 3 * 1024 + 8, node: { op: "Relu" } });
  });

  test("keeps everything that is computed of constants", () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: [1] });
    const wide = b.op("Expand", [b.constant(float32([1], Float32Array.of(1))), b.ints([kilobyte])]);
    const sum = b.op("ReduceSum", [wide, b.ints([0])], { keepdims: int(1) });
    const graph = b.build([{ name: "y", value: b.add(x, sum) }]);
    // x, the constant, its sum, both together and the copy y: 4 bytes each; two integers of 8.
    expect(peakMemory(graph).bytes).toBe(1024 + 5 * 4 + 2 * 8);
  });

  test("follows open extents through products and sums", () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "uint8", shape: ["N", 2] });
    const doubled = b.concat([x, x], 0);
    const row = b.constant(fromNumbers("uint8", [1, 2], [1, 2]));
    const graph = b.build([{ name: "y", value: b.reshape(b.concat([doubled, row], 0), [-1]) }]);
    // x of 2N; then 4N and 4N + 2, or 4N + 2 and its copy.
    const bytes = (n: number) => peakMemory(graph, new Map([["N", n]])).bytes;
    expect(bytes(2000) - bytes(1000)).toBe(1000 * (2 + 4 + 4));
  });
});

describe("an engine with a limit", () => {
  const limited = (bytes: number) => limitMemory(ortBackend({ threads: 1 }), bytes);
  const batch = (n: number) =>
    new Map([["x", float32([n, kilobyte], new Float32Array(n * kilobyte))]]);

  test("refuses a graph of fixed size before it is compiled", async () => {
    await expect(limited(3000).compile(chain(1))).rejects.toThrow(MemoryLimitError);
    const executable = await limited(4000).compile(chain(1));
    expect((await executable.run(batch(1))).get("sum")!.dims).toEqual([1, 1]);
    await executable.dispose();
  });

  test("refuses a batch that is too large, and runs smaller ones", async () => {
    const executable = await limited(32_000).compile(chain("N"));
    expect((await executable.run(batch(10))).get("sum")!.dims).toEqual([10, 1]);
    await expect((async () => executable.run(batch(11)))()).rejects.toThrow(
      /take 0\.0338 MB of memory at Relu \(node "\S+", \[N,256\]\), more than the limit of 0\.0320 MB/,
    );
    await executable.dispose();
  });

  test("has half of the machine's memory unless it is told otherwise", () => {
    expect(usualMaxMemory()).toBeGreaterThan(2 ** 28);
  });
});
