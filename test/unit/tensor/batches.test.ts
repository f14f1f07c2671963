import { other, type TracedAxes } from "../../../src/analysis/traced-axes.js";
import { describe, expect, it } from "vitest";
import { concatBatch, sliceBatch } from "../../../src/tensor/batches.js";
import { perSample } from "../../../src/decomposition/per-sample.js";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import type { Dim } from "../../../src/tensor/shape.js";
import { float32, int64, toNumbers } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";

describe("rows of a batch", () => {
  const t = float32([3, 2], [1, 2, 3, 4, 5, 6]);

  it("can be selected in any order, and repeatedly", () => {
    expect(sliceBatch(t, [2, 0, 0])).toEqual(float32([3, 2], [5, 6, 1, 2, 1, 2]));
  });

  it("are concatenated", () => {
    expect(concatBatch([sliceBatch(t, [0]), sliceBatch(t, [1, 2])])).toEqual(t);
  });

  it("may be 64-bit integers", () => {
    const classes = int64([7, 8, 9]);
    expect(concatBatch([sliceBatch(classes, [2]), sliceBatch(classes, [0])])).toEqual(
      int64([9, 7]),
    );
  });
});

describe("the sum for each sample", () => {
  async function sums(shape: readonly Dim[], batch: Dim, dims: readonly number[], layout?: TracedAxes) {
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape });
    const y = perSample(b, x, batch, layout);
    const executable = await ortBackend({ threads: 1 }).compile(b.build([{ name: "y", value: y }]));
    const count = dims.reduce((p, d) => p * d, 1);
    const values = Array.from({ length: count }, (_, i) => i);
    const results = await executable.run(new Map([["x", float32(dims, values)]]));
    await executable.dispose();
    return Array.from(toNumbers(results.get("y")!));
  }

  it("is over all axes but the batch", async () => {
    expect(await sums(["N", 3], "N", [2, 3])).toEqual([3, 12]);
  });

  it("is over all axes for a batch of one", async () => {
    expect(await sums([2, 3], 1, [2, 3])).toEqual([15]);
  });

  it("finds the batch axis after the sequence axis", async () => {
    expect(await sums([3, "N"], "N", [3, 2])).toEqual([6, 9]);
  });

  it("finds the batch merged with windows, as the outer part of the first axis", async () => {
    const [samples, two] = [{ role: "batch", size: "N" } as const, other(2)];
    expect(await sums(["2*N", 2], "N", [4, 2], [[samples, ...two], two])).toEqual([6, 22]);
  });

  it("finds the batch merged with tokens, as the inner part of the first axis", async () => {
    const [samples, two] = [{ role: "batch", size: "N" } as const, other(2)];
    expect(await sums(["2*N", 2], "N", [4, 2], [[...two, samples], two])).toEqual([10, 18]);
  });

  it("is rejected if elements cannot be assigned to samples", () => {
    const b = newGraph();
    const x = b.input("x", { dtype: "float32", shape: ["(N+1)", 2] });
    expect(() => perSample(b, x, "N")).toThrow(/batch of one/);
  });
});
