import { afterEach, describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { BackendError, UsageError } from "../../../src/errors.js";
import { float32, load, type Model } from "../../../src/index.js";
import { tinyRelu } from "../../end-to-end/cli-harness.js";
import { newGraph } from "../../support/graphs.js";

const x = float32(
  [2, 3, 8, 8],
  Array.from({ length: 384 }, (_, i) => Math.sin(i)),
);

const opened: Model[] = [];
async function open(workers?: number): Promise<Model> {
  const model = await load(tinyRelu, { workers });
  opened.push(model);
  return model;
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((model) => model.dispose()));
});

/** Threads of this process that Node started for workers. */
const threads = (): number =>
  (process.report.getReport() as { workers: readonly unknown[] }).workers.length;

/** Turns of the event loop that begin and end while something goes on. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let [turns, isOver] = [0, false];
  const over = work.finally(() => (isOver = true));
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  await over;
  return turns;
}

/** y = A·A·…·x, which takes a while. */
function product() {
  const b = newGraph();
  const size = 512;
  const input = b.input("x", { dtype: "float32", shape: [size, size] });
  const a = b.constant(float32([size, size], new Float32Array(size ** 2).fill(1 / size)), "a");
  let y = input;
  for (let i = 0; i < 20; i++) y = b.op("MatMul", [a, y]);
  return {
    graph: b.build([{ name: "y", value: y }]),
    x: float32([size, size], new Float32Array(size ** 2)),
  };
}

describe("a model in threads of its own", () => {
  it("explains and predicts to the bit as in the caller's thread, several calls at once too", async () => {
    const [here, apart] = [await open(), await open(2)];
    const methods = ["fullgrad", "grad-cam", "integrated-gradients"];
    // Numbers as JSON has them tell every bit apart, and functions of the records are left out.
    const all = async (model: Model): Promise<string> => {
      const maps = methods.map((method) => model.explain(x, { method }));
      return JSON.stringify(await Promise.all([model.predict(x), ...maps]));
    };
    expect(await all(apart)).toBe(await all(here));
  });

  it("leaves the event loop free while it runs", async () => {
    const { graph, x: matrix } = product();
    const turns = async (workers?: number): Promise<number> => {
      const executable = await ortBackend({ threads: 1, workers }).compile(graph);
      const count = await turnsDuring(executable.run(new Map([["x", matrix]])));
      await executable.dispose();
      return count;
    };
    const [here, apart] = [await turns(), await turns(1)];
    // In the caller's thread the loop turns to begin the run and to end it.
    expect(here).toBeLessThanOrEqual(3);
    expect(apart).toBeGreaterThan(3 * here);
  });

  it("keeps the caller's tensors", async () => {
    const model = await open(1);
    const before = x.data.slice();
    await model.explain(x);
    expect(x.data).toEqual(before);
  });

  it("ends its threads with the last session, and starts them again when asked again", async () => {
    const before = threads();
    const model = await open(2);
    const map = (await model.explain(x)).map;
    expect(threads()).toBe(before + 2);
    await model.release();
    expect(threads()).toBe(before);
    expect((await model.explain(x)).map).toEqual(map);
    await model.dispose();
    expect(threads()).toBe(before);
  });

  it("says what the engine says", async () => {
    const message = async (workers?: number): Promise<unknown> => {
      const error: unknown = await ortBackend({ workers }).open!(Uint8Array.of(1, 2, 3), {
        inputs: [],
        outputs: [],
      }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(BackendError);
      return (error as BackendError).message;
    };
    expect(await message(1)).toBe(await message());
  });

  it("answers what was asked before it is disposed of, and nothing after", async () => {
    const { graph, x: matrix } = product();
    const executable = await ortBackend({ threads: 1, workers: 1 }).compile(graph);
    const runs = [1, 2].map(() => executable.run(new Map([["x", matrix]])));
    const released = executable.dispose();
    const outcomes = await Promise.allSettled(runs);
    await released;
    // Questions are answered in order, so what was asked before is answered.
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    await expect(executable.run(new Map([["x", x]]))).rejects.toThrow(BackendError);
  });

  it.each([0, 1.5, -1, 5000, Number.NaN])("has a number of threads, not %d", async (workers) => {
    await expect(load(tinyRelu, { workers })).rejects.toThrow(UsageError);
  });

  it("is ONNX Runtime's alone", async () => {
    await expect(load(tinyRelu, { backend: "tfjs", workers: 1 })).rejects.toThrow(UsageError);
  });
});
