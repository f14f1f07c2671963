import { describe, expect, it, test } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { float, int, text } from "../../../src/onnx/attribute.js";
import type { Attributes, TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { expandDefinitions } from "../../../src/passes/replacement/expand-definitions.js";
import { float32, toNumbers, type Tensor, type Tensors } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";
import { Random } from "../../support/random.js";

const backend = ortBackend({ threads: 1 });

async function run(graph: TypedGraph, feeds: Tensors): Promise<readonly number[]> {
  const executable = await backend.compile(graph);
  try {
    return Array.from(toNumbers((await executable.run(feeds)).get(graph.outputs[0]!.name)!));
  } finally {
    await executable.dispose();
  }
}

/** One com.microsoft operator on random inputs of these shapes: by ONNX Runtime's kernel, and by its definition. */
async function both(
  op: string,
  shapes: readonly (readonly number[])[],
  attributes: Attributes,
): Promise<readonly [kernel: readonly number[], definition: readonly number[]]> {
  const b = newGraph(18, { "com.microsoft": 1 });
  const random = new Random(5);
  const feeds = new Map<string, Tensor>();
  const inputs = shapes.map((dims, i) => {
    const count = dims.reduce((p, d) => p * d, 1);
    feeds.set(`x${i}`, float32(dims, Float32Array.from(random.many(count, -0.6, 0.6))));
    return b.input(`x${i}`, { dtype: "float32", shape: dims });
  });
  const [y] = b.call(op, inputs, attributes, { domain: "com.microsoft", hint: "y" });
  const graph = b.build([{ name: "y", value: y! }]);
  return [
    await run(graph, feeds),
    await run(
      expandDefinitions(graph, registry, () => true),
      feeds,
    ),
  ];
}

const floats = (...value: readonly number[]) => ({ type: "floats", value }) as const;

describe("a convolution with its activation", () => {
  it.each([
    ["Relu", {}],
    ["LeakyRelu", { activation_params: floats(0.2) }],
    ["Clip", { activation_params: floats(-0.5, 0.5) }],
    ["HardSigmoid", { activation_params: floats(0.8, 0.4) }],
  ] as [string, Attributes][])("%s", async (activation, parameters) => {
    const shapes = [[1, 2, 4, 4], [3, 2, 3, 3], [3]];
    const attributes = { activation: text(activation), ...parameters };
    const [kernel, definition] = await both("FusedConv", shapes, attributes);
    expect(new Set(kernel).size).toBeGreaterThan(2);
    for (const [i, v] of definition.entries()) expect(v).toBeCloseTo(kernel[i]!, 5);
  });

  it("whose activation has no rule is refused by name", async () => {
    const attempt = both(
      "FusedConv",
      [
        [1, 1, 3, 3],
        [1, 1, 1, 1],
      ],
      { activation: text("Spline") },
    );
    await expect(attempt).rejects.toThrow(/"Spline", which has no rule here/);
  });
});

test("a matrix product with its activation", async () => {
  const attributes = {
    ...{ activation: text("LeakyRelu"), activation_alpha: float(0.3), transB: int(1) },
  };
  const [kernel, definition] = await both("FusedGemm", [[2, 3], [4, 3], [4]], attributes);
  for (const [i, v] of definition.entries()) expect(v).toBeCloseTo(kernel[i]!, 5);
});
