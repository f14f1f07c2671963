import { expect, test } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { float32, int64, toNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

test("sizes that ONNX Runtime infers shapes from stay in the graph, however many they are", async () => {
  const count = 600;
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [count] });
  const sizes = b.constant(int64(new Array<number>(count).fill(1)), "sizes");
  const parts = b.call("Split", [x, sizes], {}, { outputs: count });
  const sum = b.add(parts[0]!, parts[count - 1]!);
  const executable = await ortBackend({ threads: 1 }).compile(
    b.build([{ name: "sum", value: sum }]),
  );
  const feed = float32(
    [count],
    Array.from({ length: count }, (_, i) => i),
  );
  const results = await executable.run(new Map([["x", feed]]));
  expect(Array.from(toNumbers(results.get("sum")!))).toEqual([count - 1]);
  await executable.dispose();
});
