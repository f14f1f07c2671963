import { describe, expect, it } from "vitest";
import { float, int, ints } from "../../../../src/onnx/attribute.js";
import type { Attributes } from "../../../../src/onnx/ir.js";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { registry } from "../../../../src/ops/all.js";
import { prepare } from "../../../../src/passes/prepare.js";
import { float32, toNumbers } from "../../../../src/tensor/tensor.js";
import { newGraph } from "../../../support/graphs.js";

/** What a node makes of an input [N,4], run twice. */
async function draws(
  op: string,
  attributes: Attributes,
  x?: readonly number[],
): Promise<readonly (readonly number[])[]> {
  const b = newGraph(18);
  const input = b.input("x", { dtype: "float32", shape: ["N", 4] });
  const y = b.op(op, x ? [input] : [], attributes);
  const graph = prepare(b.build([{ name: "y", value: y }]), registry);
  const feeds = new Map([
    ["x", float32([(x ?? [0, 0, 0, 0]).length / 4, 4], Float32Array.from(x ?? [0, 0, 0, 0]))],
  ]);
  const run = async (): Promise<readonly number[]> => {
    const executable = await ortBackend().compile(graph);
    try {
      return Array.from(toNumbers((await executable.run(feeds)).get("y")!));
    } finally {
      await executable.dispose();
    }
  };
  return [await run(), await run()];
}

const mean = (v: readonly number[]): number => v.reduce((p, q) => p + q, 0) / v.length;

describe("random numbers", () => {
  it("are normal, and the same at every run", async () => {
    const attributes = { shape: ints([50, 200]), mean: float(3), scale: float(2), seed: float(7) };
    const [first, second] = await draws("RandomNormal", attributes);
    expect(second).toEqual(first);
    // The mean of 10,000 has a standard error of 0.02.
    expect(Math.abs(mean(first!) - 3)).toBeLessThan(0.1);
    expect(Math.abs(mean(first!.map((v) => (v - 3) ** 2)) - 4)).toBeLessThan(0.3);
  });

  it("are others for another seed", async () => {
    const of = (seed: number): Attributes => ({ shape: ints([4]), seed: float(seed) });
    const [[a], [b]] = [await draws("RandomUniform", of(1)), await draws("RandomUniform", of(2))];
    expect(a).not.toEqual(b);
  });

  it("are the same for every sample of an open batch", async () => {
    const [first] = await draws("RandomUniformLike", {}, [0, 0, 0, 0, 9, 9, 9, 9]);
    expect(first!.slice(4)).toEqual(first!.slice(0, 4));
    expect(first!.every((v) => v >= 0 && v < 1)).toBe(true);
  });

  it("never hit a probability of 0, and always one of 1", async () => {
    const [first] = await draws("Bernoulli", {}, [0, 1, 0, 1]);
    expect(first).toEqual([0, 1, 0, 1]);
  });

  it("draw classes as often as their logits say", async () => {
    const logits = [Math.log(0.1), Math.log(0.2), Math.log(0.7), -100];
    const [first] = await draws("Multinomial", { sample_size: int(4000) }, logits);
    const share = (k: number): number => first!.filter((c) => c === k).length / 4000;
    // The standard error of a share is at most 0.008.
    [0.1, 0.2, 0.7, 0].forEach((p, k) => {
      expect(Math.abs(share(k) - p)).toBeLessThan(0.04);
    });
  });
});
