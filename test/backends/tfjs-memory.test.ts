import { explain } from "../../src/methods/core/explain.js";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { tfjsBackend } from "../../src/backends/tfjs/tfjs-backend.js";
import { BackendError } from "../../src/errors.js";
import { Session } from "../../src/runtime/session.js";
import { fullgrad } from "../../src/methods/full-gradients/fullgrad.js";
import { registry } from "../../src/ops/all.js";
import { sliceBatch } from "../../src/tensor/batches.js";
import { float32, type Tensor } from "../../src/tensor/tensor.js";
import { newGraph } from "../support/graphs.js";
import { goldenTensor, network } from "../support/networks.js";

it("tfjs does not change the listeners of the process", async () => {
  const count = (): number =>
    process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection");
  const before = count();
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [3] });
  const executable = await tfjsBackend({ provider: "wasm" }).compile(
    b.build([{ name: "y", value: b.op("Relu", [x]) }]),
  );
  await executable.dispose();
  expect(count()).toBe(before);
});

describe.each(["wasm", "cpu"] as const)("tfjs on %s", (provider) => {
  it("keeps only its weights, until disposed", async () => {
    const x = goldenTensor("tiny-relu", "input.npy");
    const backend = tfjsBackend({ provider });
    const session = new Session(await network("tiny-relu", "dynamo"), registry, backend);
    await session.predict(x);
    const before = tf.memory().numTensors;
    await explain(session, x, fullgrad, "top");
    const loaded = tf.memory().numTensors;
    expect(loaded).toBeGreaterThan(before);
    for (let run = 0; run < 5; run++) await explain(session, x, fullgrad, "top");
    expect(tf.memory().numTensors).toBe(loaded);
    await session.dispose();
    const { numTensors } = tf.memory();
    expect(numTensors).toBeLessThan(before);
  });

  it("keeps the weights for at most three shapes", async () => {
    const x = goldenTensor("tiny-relu", "input.npy");
    const session = new Session(
      await network("tiny-relu", "dynamo"),
      registry,
      tfjsBackend({ provider }),
    );
    const batch = (size: number): Tensor =>
      sliceBatch(
        x,
        Array.from({ length: size }, () => 0),
      );
    const counts: number[] = [];
    for (let size = 1; size <= 6; size++) {
      await session.predict(batch(size));
      counts.push(tf.memory().numTensors);
    }
    expect(counts[2]).toBeGreaterThan(counts[1]!);
    expect(counts.slice(3)).toEqual(counts.slice(3).map(() => counts[2]));
    await session.dispose();
  });

  it("frees its tensors if a run fails", async () => {
    const b = newGraph();
    const indices = b.input("indices", { dtype: "int64", shape: ["N"] });
    const x = b.input("x", { dtype: "float32", shape: [4, 2] });
    const rows = b.op("Gather", [b.op("Relu", [x]), indices]);
    const executable = await tfjsBackend({ provider }).compile(
      b.build([{ name: "rows", value: rows }]),
    );
    const run = (big: bigint): Promise<unknown> =>
      executable.run(
        new Map<string, Tensor>([
          ["indices", { dtype: "int64", dims: [1], data: BigInt64Array.of(big) }],
          ["x", float32([4, 2], new Float32Array(8))],
        ]),
      );
    await run(1n);
    const before = tf.memory().numTensors;
    await expect(run(2n ** 40n)).rejects.toThrow(/32-bit integers/);
    expect(tf.memory().numTensors).toBe(before);
    await executable.dispose();
  });
});

describe("tfjs reports unsupported graphs before running them", () => {
  it("with all operators at once, each with a reason", async () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "int64", shape: [3] });
    const y = b.op("BitwiseNot", [b.op("NonZero", [x])]);
    const graph = b.build([{ name: "y", value: y }]);
    const refusal = tfjsBackend({ provider: "cpu" }).compile(graph);
    await expect(refusal).rejects.toThrow(BackendError);
    await expect(refusal).rejects.toThrow(/NonZero .*size[\s\S]*BitwiseNot .*bitwise/);
  });

  it("float64", async () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "float64", shape: [3] });
    const graph = b.build([{ name: "y", value: b.op("Relu", [x]) }]);
    const refusal = tfjsBackend({ provider: "cpu" }).compile(graph);
    await expect(refusal).rejects.toThrow(/input "x": tfjs does not support float64/);
  });
});
