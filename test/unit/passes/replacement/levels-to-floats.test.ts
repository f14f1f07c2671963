import { describe, expect, it } from "vitest";
import { activePath } from "../../../../src/analysis/active-path.js";
import { differentiate } from "../../../../src/autodiff/differentiate.js";
import { ortBackend } from "../../../../src/backends/ort/ort-backend.js";
import { int, ints } from "../../../../src/onnx/attribute.js";
import { GraphBuilder } from "../../../../src/onnx/builder.js";
import type { TypedGraph, Value } from "../../../../src/onnx/ir.js";
import { registry } from "../../../../src/ops/all.js";
import { expandDefinitions } from "../../../../src/passes/replacement/expand-definitions.js";
import { levelsToFloats } from "../../../../src/passes/replacement/levels-to-floats.js";
import type { DType } from "../../../../src/tensor/dtype.js";
import { float32, fromNumbers, toNumbers, type Tensor } from "../../../../src/tensor/tensor.js";
import { newGraph } from "../../../support/graphs.js";

const backend = ortBackend({ threads: 1 });

async function run(graph: TypedGraph, x: Tensor): Promise<ReadonlyMap<string, readonly number[]>> {
  const executable = await backend.compile(graph);
  try {
    const results = await executable.run(new Map([["x", x]]));
    return new Map([...results].map(([name, t]) => [name, Array.from(toNumbers(t))]));
  } finally {
    await executable.dispose();
  }
}

interface Quantized {
  readonly b: GraphBuilder;
  quantize(v: Value, scale: number, zero: number, dtype?: DType): Value;
  dequantize(v: Value, scale: number, zero: number, dtype?: DType): Value;
}

/** What ONNX Runtime makes of a graph of levels, and of that with floats in their place; and the latter's gradient of Σ y. */
async function compared(
  values: readonly number[],
  dims: readonly number[],
  network: (q: Quantized, x: Value) => Value,
): Promise<{
  integers: readonly number[];
  floats: readonly number[];
  gradient: readonly number[];
  ops: readonly string[];
}> {
  const b = newGraph(21);
  const parameters = (scale: number, zero: number, dtype: DType): Value[] => [
    b.constant(float32([], [scale])),
    b.constant(fromNumbers(dtype, [], [zero])),
  ];
  const q: Quantized = {
    b,
    quantize: (v, scale, zero, dtype = "uint8") =>
      b.op("QuantizeLinear", [v, ...parameters(scale, zero, dtype)]),
    dequantize: (v, scale, zero, dtype = "uint8") =>
      b.op("DequantizeLinear", [v, ...parameters(scale, zero, dtype)]),
  };
  const y = network(q, b.input("x", { dtype: "float32", shape: dims }));
  const written = b.build([{ name: "y", value: y }]);
  const graph = levelsToFloats(expandDefinitions(written, registry), registry);
  const back = GraphBuilder.on(graph, registry.infer);
  const output = back.value("y");
  const seed = back.expandLike(back.scalar(1, output), output);
  const { active } = activePath(graph, registry, ["x"]);
  const gradients = differentiate(back, graph, registry, new Map([["y", seed]]), active);
  const both = back.build([
    { name: "y", value: output },
    { name: "dx", value: gradients.of("x")! },
  ]);
  const x = float32(dims, values);
  const [integers, results] = [await run(written, x), await run(both, x)];
  return {
    integers: integers.get("y")!,
    floats: results.get("y")!,
    gradient: results.get("dx")!,
    ops: graph.nodes.map(({ op }) => op),
  };
}

describe("floats in the place of quantized levels", () => {
  it("round to even, saturate, and let the gradient pass from the least level to the greatest", async () => {
    // Levels by hand: 0.25 is 0.5 → 0 + 2, 0.75 is 1.5 → 2 + 2; −1 is −2 → the level 0; −2 and 200 lie beyond.
    const values = [0.25, 0.75, -1, -2, 126.5, 200];
    const { integers, floats, gradient } = await compared(values, [6], (q, x) =>
      q.dequantize(q.quantize(x, 0.5, 2), 0.5, 2),
    );
    expect(floats).toEqual(integers);
    expect(floats).toEqual([0, 1, -1, -1, 126.5, 126.5]);
    expect(gradient).toEqual([1, 1, 1, 0, 1, 0]);
  });

  it.each(["uint8", "int8", "uint16", "int16"] as const)("of %s", async (dtype) => {
    const values = Array.from({ length: 40 }, (_, i) => (i - 20) * 7.3 + 0.1);
    const { integers, floats } = await compared(values, [40], (q, x) =>
      q.dequantize(q.quantize(x, 0.9, 5, dtype), 0.9, 5, dtype),
    );
    expect(floats).toEqual(integers);
  });

  it("are moved, padded, joined and pooled as the integers are", async () => {
    const values = Array.from({ length: 32 }, (_, i) => Math.sin(i * 1.7) * 3);
    const { integers, floats, gradient, ops } = await compared(values, [1, 2, 4, 4], (q, x) => {
      const levels = q.quantize(x, 0.02, 90);
      const pooled = q.b.op("MaxPool", [levels], {
        kernel_shape: ints([2, 2]),
        strides: ints([2, 2]),
      });
      const zero = q.b.constant(fromNumbers("uint8", [], [90]));
      const padded = q.b.op("Pad", [pooled, q.b.ints([0, 0, 1, 0, 0, 0, 0, 1]), zero]);
      const joined = q.b.op("Concat", [padded, padded], { axis: int(1) });
      return q.dequantize(q.b.transpose(joined, [0, 2, 3, 1]), 0.02, 90);
    });
    expect(floats).toEqual(integers);
    expect(gradient.filter((g) => Math.abs(g) > 1e-6)).toHaveLength(8);
    expect(ops.filter((op) => op.endsWith("Linear"))).toEqual([]);
  });

  it("have another zero point where they are read with another", async () => {
    const { integers, floats } = await compared([0.3, -0.7, 1.9], [3], (q, x) =>
      q.dequantize(q.quantize(x, 0.1, 100), 0.2, 90),
    );
    for (const [i, v] of floats.entries()) expect(v).toBeCloseTo(integers[i]!, 5);
  });

  it("are clipped as PyTorch writes a narrower range, with a gradient at its bounds", async () => {
    const { integers, floats, gradient } = await compared([0.5, 3, 7, 9, 1.2], [5], (q, x) => {
      const [low, high] = [1, 3].map((v) => q.b.constant(fromNumbers("uint8", [], [v])));
      return q.dequantize(q.b.op("Clip", [q.quantize(x, 1, 0), low, high]), 1, 0);
    });
    expect(floats).toEqual(integers);
    expect(floats).toEqual([1, 3, 3, 3, 1]);
    expect(gradient).toEqual([0, 1, 0, 0, 1]);
  });
});
