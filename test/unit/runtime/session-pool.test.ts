import { describe, expect, it, vi } from "vitest";
import type { Backend, Executable } from "../../../src/backends/backend.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import {
  DisposedError,
  float32,
  InputError,
  load,
  toNumbers,
  type Model,
  type Tensor,
} from "../../../src/index.js";
import { int } from "../../../src/onnx/attribute.js";
import { writeModel } from "../../../src/onnx/export.js";
import { newGraph } from "../../support/graphs.js";

/** ONNX Runtime, counting what is compiled and not freed yet. */
class Counted implements Backend {
  readonly name = "counted";
  alive = 0;
  /** Runs wait for it. */
  gate: Promise<void> = Promise.resolve();
  private readonly ort = ortBackend({ threads: 1 });

  async compile(graph: Parameters<Backend["compile"]>[0]): Promise<Executable> {
    const executable = await this.ort.compile(graph);
    this.alive++;
    return {
      run: async (feeds) => {
        await this.gate;
        return executable.run(feeds);
      },
      dispose: async () => {
        this.alive--;
        await executable.dispose();
      },
    };
  }
}

/** One class: the mean of an image of any size. */
function meanOfImage(backend: Backend): Promise<Model> {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: ["N", 1, "H", "W"] });
  const logits = b.op("ReduceMean", [x, b.ints([2, 3])], { keepdims: int(0) });
  return load(writeModel(b.build([{ name: "logits", value: logits }])), { backend });
}

const image = (height: number, width: number): Tensor =>
  float32([1, 1, height, width], new Float32Array(height * width).fill(height));

describe("a model of open size", () => {
  it("keeps the compiled graphs of a few sizes, however many it is asked about", async () => {
    const backend = new Counted();
    const model = await meanOfImage(backend);
    for (let size = 2; size < 12; size++) {
      expect(Array.from(toNumbers(await model.predict(image(size, 3))))).toEqual([size]);
    }
    expect(backend.alive).toBe(4);
    await model.dispose();
    expect(backend.alive).toBe(0);
  });

  it("answers questions of many sizes that are asked at once", async () => {
    const backend = new Counted();
    const model = await meanOfImage(backend);
    const sizes = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3];
    const found = await Promise.all(sizes.map((size) => model.predict(image(size, size))));
    expect(found.map((y) => toNumbers(y)[0])).toEqual(sizes);
    expect(backend.alive).toBe(4);
    await model.dispose();
  });

  it.each([
    ["nothing", undefined],
    ["an array", [[1, 2]]],
    ["another library's tensor", { type: "float32", shape: [1, 1, 2, 2], data: [1, 2, 3, 4] }],
    ["fewer numbers than its dims say", { ...image(2, 2), dims: [1, 1, 3, 3] }],
  ])("says what a tensor is where it is given %s", async (_, x) => {
    const model = await meanOfImage(ortBackend({ threads: 1 }));
    for (const question of [() => model.predict(x as never), () => model.explain(x as never)]) {
      await expect(question()).rejects.toThrow(InputError);
      await expect(question()).rejects.toThrow(/dtype, dims, data/);
    }
  });
});

describe("a model with running calls", () => {
  /** A backend whose runs wait until they are let through. */
  function gated(): { backend: Counted; open: () => void } {
    const backend = new Counted();
    let open = (): void => undefined;
    backend.gate = new Promise((resolve) => (open = resolve));
    return { backend, open };
  }

  it.each(["release", "dispose"] as const)("is freed by %s() when they are done", async (free) => {
    const { backend, open } = gated();
    const model = await meanOfImage(backend);
    const calls = [2, 3].map((size) => model.predict(image(size, size)));
    await vi.waitUntil(() => backend.alive === 2, { timeout: 60_000 });
    let isFreed = false;
    const freed = model[free]().then(() => (isFreed = true));
    await new Promise(setImmediate);
    expect([isFreed, backend.alive]).toEqual([false, 2]);
    open();
    const found = await Promise.all(calls);
    expect(found.map((y) => toNumbers(y)[0])).toEqual([2, 3]);
    await freed;
    expect(backend.alive).toBe(0);
  });

  it("answers calls that come while it is being released", async () => {
    const { backend, open } = gated();
    const model = await meanOfImage(backend);
    const first = model.predict(image(2, 2));
    const released = model.release();
    const second = model.predict(image(2, 2));
    open();
    expect([await first, await second].map((y) => toNumbers(y)[0])).toEqual([2, 2]);
    await released;
    expect(backend.alive).toBe(1);
    await model.dispose();
    expect(backend.alive).toBe(0);
  });

  it("refuses calls after dispose(), and may be disposed of twice", async () => {
    const model = await meanOfImage(new Counted());
    await Promise.all([model.dispose(), model.dispose()]);
    await model.release();
    await expect(model.predict(image(2, 2))).rejects.toThrow(DisposedError);
    await expect(model.explain(image(2, 2))).rejects.toThrow(/load it again/);
  });
});
