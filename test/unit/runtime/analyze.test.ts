import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { FullgradError } from "../../../src/errors.js";
import { decodeModel } from "../../../src/onnx/file/decode.js";
import { importModel } from "../../../src/onnx/import/import.js";
import type { Graph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import type { Registry } from "../../../src/ops/core/registry.js";
import { analyze } from "../../../src/runtime/analyze.js";
import { inspectModel } from "../../../src/runtime/inspect.js";
import { Session } from "../../../src/runtime/session.js";
import { relativeL2 } from "../../support/compare.js";
import { golden, goldenTensor, networkFile } from "../../support/networks.js";
import { sliceBatch } from "../../../src/tensor/batches.js";

const file = (): Promise<Graph> => importModel(decodeModel(networkFile("tiny-silu", "legacy")));

/** The operators, with the names of the Conv nodes whose gradient and bias were asked for, as often as they were. */
function watched(): {
  readonly rules: Registry;
  readonly gradients: string[];
  readonly biases: string[];
} {
  const own = registry.get("Conv")!;
  const { vjp } = own;
  if (typeof vjp === "string") throw new FullgradError("Conv has a gradient");
  const [gradients, biases]: [string[], string[]] = [[], []];
  const rules = registry.with({
    Conv: {
      vjp: (b, n, dy) => {
        gradients.push(n.name);
        return vjp(b, n, dy);
      },
      bias: (n) => {
        biases.push(n.name);
        return own.bias(n);
      },
    },
  });
  return { rules, gradients, biases };
}

describe("an analysis", () => {
  const x = goldenTensor("tiny-silu", "input.npy");

  it("differentiates each node once and plans its bias once, whatever is asked", async () => {
    const { rules, gradients, biases } = watched();
    const analysis = analyze(await file(), rules);
    expect(inspectModel(analysis).explainable).toBe(true);
    const session = new Session(analysis.explained(), rules, ortBackend({ threads: 1 }));
    await session.verify(x, "top");
    await session.fullGradient(x, "top");
    await session.layerMaps(x, "top");
    await session.dispose();
    expect(gradients.length).toBeGreaterThan(0);
    expect(new Set(gradients).size).toBe(gradients.length);
    expect(new Set(biases).size).toBe(biases.length);
  });

  it("leaves the gradient to the first explanation where it is told to", async () => {
    const { rules, gradients } = watched();
    const analysis = analyze(await file(), rules);
    const { explainable, biases } = inspectModel(analysis, { gradient: false });
    expect([explainable, gradients]).toEqual([true, []]);
    expect(biases).toEqual(inspectModel(analysis).biases);
  });
});

describe("one sample", () => {
  it("is compiled with its batch written as 1, has PyTorch's gradient, and the file's shape in messages", async () => {
    const explained = analyze(await file(), registry).explained(undefined, true);
    const session = new Session(explained, registry, ortBackend({ threads: 1 }));
    const [one] = golden("tiny-silu").target;
    const x = sliceBatch(goldenTensor("tiny-silu", "input.npy"), [0]);
    const { inputGradient } = await session.fullGradient(x, one!);
    const expected = sliceBatch(goldenTensor("tiny-silu", "input_gradient.npy"), [0]);
    expect(relativeL2(inputGradient, expected)).toBeLessThan(1e-5);
    expect(explained.graph.inputs[0]!.fact.shape[0]).toBe(1);
    const declared = explained.declared.inputs[0]!.fact.shape;
    expect(typeof declared[0]).toBe("string");
    const wrong = { ...x, dims: [1, ...x.dims.slice(1, -1).toReversed(), 1] };
    await expect(session.verify(wrong, "top")).rejects.toThrow(
      `takes [${declared.join(",")}], not`,
    );
    await session.dispose();
  });
});
