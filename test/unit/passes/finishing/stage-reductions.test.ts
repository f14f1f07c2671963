import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../../../src/backends/backend.js";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { tfjsBackend } from "../../../../src/backends/tfjs/tfjs-backend.js";
import { load } from "../../../../src/model/load.js";
import { int } from "../../../../src/onnx/attribute.js";
import type { TypedGraph, Value } from "../../../../src/onnx/ir.js";
import { registry } from "../../../../src/ops/all.js";
import { stageReductions } from "../../../../src/passes/finishing/stage-reductions.js";
import { sizeOf } from "../../../../src/tensor/shape.js";
import { float32, toNumbers, type Tensor } from "../../../../src/tensor/tensor.js";
import { newGraph } from "../../../support/graphs.js";

type Emit = (b: ReturnType<typeof newGraph>, x: Value) => Value;

function reduction(dims: readonly number[], emit: Emit): TypedGraph {
  const b = newGraph();
  const x = b.input("x", { dtype: "float32", shape: dims });
  return b.build([{ name: "y", value: emit(b, x) }]);
}

/** Equal addends are the worst case: all rounding errors have the same sign. */
function equal(dims: readonly number[]): Tensor<"float32"> {
  return float32(dims, new Float32Array(sizeOf(dims)).fill(0.017171));
}

const each = Math.fround(0.017171);

/** The maximum relative error of the numbers, which should all be equal to one value. */
async function farthest(backend: Backend, graph: TypedGraph, exact: number): Promise<number> {
  const executable = await backend.compile(stageReductions(graph, registry.infer));
  const x = equal(graph.inputs[0]!.fact.shape as number[]);
  const y = toNumbers((await executable.run(new Map([["x", x]]))).get("y")!);
  await executable.dispose();
  return Math.max(...Array.from(y, (v) => Math.abs(v / exact - 1)));
}

const cases: readonly [string, readonly number[], number, Emit][] = [
  ["all of a picture", [1, 3, 1000, 1500], 4.5e6, (b, x) => b.sum(x)],
  ["space", [2, 4, 495, 745], 495 * 745, (b, x) => b.sum(x, [2, 3], false)],
  ["prime extents", [1, 2, 1009, 2003], 1009 * 2003, (b, x) => b.sum(x, [2, 3])],
  ["one long axis", [1, 2, 1_000_003], 1_000_003, (b, x) => b.sum(x, [-1], false)],
  ["a mean", [1, 4, 600, 800], 1, (b, x) => b.mean(x, [2, 3])],
  ["a global pool", [1, 4, 600, 800], 1, (b, x) => b.op("GlobalAveragePool", [x])],
];

describe.each([ortBackend(), tfjsBackend()])("on $name, the sum of equal numbers", (backend) => {
  it.each(cases)("over %s is exact to 1e-6", async (_, dims, count, emit) => {
    expect(await farthest(backend, reduction(dims, emit), count * each)).toBeLessThan(
      backend.name === "ort" ? 1e-6 : 5e-6,
    );
  });
});

describe("a graph is unchanged", () => {
  const kept: Record<string, TypedGraph> = {
    "where sums are over 1024 numbers": reduction([1, 64, 32, 32], (b, x) => b.sum(x, [2, 3])),
    "where a pool is over 32x32": reduction([1, 8, 32, 32], (b, x) =>
      b.op("GlobalAveragePool", [x]),
    ),
    "where there is nothing to sum": reduction([1, 3, 600, 600], (b, x) =>
      b.op("ReduceSum", [x, b.ints([])], { noop_with_empty_axes: int(1) }),
    ),
    "where the largest is looked for": reduction([1, 3, 600, 600], (b, x) => b.max(x, [2, 3])),
  };
  it.each(Object.keys(kept))("%s", (name) => {
    expect(stageReductions(kept[name]!, registry.infer)).toBe(kept[name]);
  });
});

describe("two convolutions on six megapixels", () => {
  const file = fileURLToPath(
    new URL("../../../../fixtures/cases/two-convolutions.onnx", import.meta.url),
  );
  it("add up to 1e-6, for noise and for one colour", async () => {
    const model = await load(file);
    const [height, width] = [2000, 3000];
    const dims = [1, 3, height, width];
    const noise = float32(
      dims,
      Float32Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i * i)),
    );
    for (const x of [equal(dims), noise]) {
      const [sample] = await model.verify(x);
      expect(sample!.completeness.conditioned).toBeLessThan(1e-6);
    }
    await model.dispose();
  });
});
