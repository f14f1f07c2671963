import { describe, expect, it } from "vitest";
import type { Backend, Executable } from "../../../src/backends/backend.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import {
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
  private readonly ort = ortBackend({ threads: 1 });

  async compile(graph: Parameters<Backend["compile"]>[0]): Promise<Executable> {
    const executable = await this.ort.compile(graph);
    this.alive++;
    return {
      run: (feeds) => executable.run(feeds),
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
