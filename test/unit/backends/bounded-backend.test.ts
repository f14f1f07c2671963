import { describe, expect, it } from "vitest";
import type { Backend, Executable } from "../../../src/backends/backend.js";
import { boundedBackend } from "../../../src/backends/bounded-backend.js";
import type { Graph } from "../../../src/onnx/ir.js";
import { float32, type Tensors } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

/** y = x + w, with `size` floats of weights. */
function adds(size: number): Graph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: [size] });
  const w = b.constant(float32([size], new Float32Array(size).fill(size)), "w");
  return b.build([{ name: "y", value: b.add(x, w) }]);
}

/** An engine that remembers which graphs it holds, by their weights. */
class Remembering implements Backend {
  readonly name = "remembering";
  readonly alive: number[] = [];
  compiled = 0;
  /** What a run waits for. */
  gate: Promise<void> = Promise.resolve();

  compile(graph: Graph): Promise<Executable> {
    const [weights] = [...graph.constants.values()];
    const size = weights!.dims[0]!;
    this.compiled++;
    this.alive.push(size);
    return Promise.resolve({
      run: async () => {
        await this.gate;
        if (!this.alive.includes(size)) throw new Error("it was freed while it ran");
        return new Map([["y", float32([1], [size])]]);
      },
      dispose: () => {
        this.alive.splice(this.alive.indexOf(size), 1);
        return Promise.resolve();
      },
    });
  }
}

const answer = async (executable: Executable): Promise<number> => {
  const results: Tensors = await executable.run(new Map());
  return Number(results.get("y")!.data[0]);
};

describe("an engine with a bound of 100 bytes of weights", () => {
  it("frees what was used longest ago, and compiles it again when it is run", async () => {
    const engine = new Remembering();
    const bounded = boundedBackend(engine, 100);
    const ten = await bounded.compile(adds(10));
    const eleven = await bounded.compile(adds(11));
    expect(await answer(ten)).toBe(10);
    const five = await bounded.compile(adds(5));
    expect(engine.alive.toSorted()).toEqual([10, 5].toSorted());
    expect(await answer(eleven)).toBe(11);
    expect(engine.alive).not.toContain(10);
    expect([await answer(five), engine.compiled]).toEqual([5, 4]);
  });

  it("keeps small graphs together, and the last two however large they are", async () => {
    const engine = new Remembering();
    const bounded = boundedBackend(engine, 100);
    for (const size of [1, 2, 3, 4, 5]) await bounded.compile(adds(size));
    expect(engine.alive).toHaveLength(5);
    for (const size of [1000, 2000]) await bounded.compile(adds(size));
    expect(engine.alive).toEqual([1000, 2000]);
  });

  it("frees nothing that is running", async () => {
    const engine = new Remembering();
    const bounded = boundedBackend(engine, 100);
    const first = await bounded.compile(adds(20));
    let open = (): void => undefined;
    engine.gate = new Promise((resolve) => (open = resolve));
    const running = answer(first);
    for (const size of [30, 40, 50]) await bounded.compile(adds(size));
    expect(engine.alive).toContain(20);
    open();
    expect(await running).toBe(20);
  });

  it("frees all when it is told to, and does not come back", async () => {
    const engine = new Remembering();
    const bounded = boundedBackend(engine, 100);
    const executables = [await bounded.compile(adds(20)), await bounded.compile(adds(30))];
    await bounded.compile(adds(40));
    for (const executable of executables) await executable.dispose();
    expect(engine.alive).toEqual([40]);
    await expect(executables[0]!.run(new Map())).rejects.toThrow("disposed");
  });

  it("says what the engine refuses, each time that it is asked", async () => {
    const refusing: Backend = {
      name: "refusing",
      compile: () => Promise.reject(new Error("no such operator")),
    };
    const bounded = boundedBackend(refusing, 100);
    await expect(bounded.compile(adds(1))).rejects.toThrow("no such operator");
    await expect(bounded.compile(adds(1))).rejects.toThrow("no such operator");
  });
});
