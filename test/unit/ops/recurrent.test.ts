import { describe, expect, it } from "vitest";
import { ortBackend } from "../../../src/backends/ort/ort-backend.js";
import { ModelFormatError } from "../../../src/errors.js";
import { float, int, text } from "../../../src/onnx/attribute.js";
import type { Attributes, TypedGraph } from "../../../src/onnx/ir.js";
import { registry } from "../../../src/ops/all.js";
import { expandDefinitions } from "../../../src/passes/replacement/expand-definitions.js";
import { Session } from "../../../src/runtime/session.js";
import { float32 } from "../../../src/tensor/tensor.js";
import { newGraph } from "../../support/graphs.js";
import { evaluate } from "./record-check.js";

const wave = (count: number, of: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(of + 1.7 * i));

const kinds = { RNN: 1, GRU: 3, LSTM: 4 } as const;

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])("%s", (op) => {
  const gates = kinds[op];

  it.each([0, -1, NaN])("refuses to cut off at %d, and names the attribute", async (clip) => {
    const inputs = [
      { dims: [2, 1, 3] },
      { dims: [1, gates * 2, 3], still: true },
      { dims: [1, gates * 2, 2], still: true },
    ];
    const attributes = { hidden_size: int(2), clip: float(clip) };
    const attempt = evaluate({ op, attributes, inputs, dtype: "float32" });
    await expect(attempt).rejects.toThrow(ModelFormatError);
    await expect(attempt).rejects.toThrow(/"clip".*greater than 0/);
  });

  // The last activation acts beside the sum of input and state, whose bias exists where one of them is not of the image.
  it.each(["Affine", "ScaledTanh"])("adds up with the activation %s", async (activation) => {
    const session = new Session(sequence(op, activation), registry, ortBackend({ threads: 1 }));
    const x = float32([1, 3, 2], wave(6, 2));
    const { samples, biasTerms } = await session.fullGradient(x, 1);
    await session.dispose();
    const { score, completeness } = samples[0]!;
    expect(Math.abs(score)).toBeGreaterThan(0.01);
    expect(completeness.conditioned).toBeLessThan(1e-6);
    expect(biasTerms.length).toBeGreaterThan(0);
  });
});

/** Scores of a picture [1,3,2] whose rows are read in both directions, from states that are constants. */
function sequence(op: keyof typeof kinds, activation: string): TypedGraph {
  const b = newGraph();
  const gates = kinds[op];
  const x = b.input("x", { dtype: "float32", shape: [1, 3, 2] });
  const usual = { RNN: [], GRU: ["Sigmoid"], LSTM: ["Sigmoid", "Tanh"] }[op];
  const each = [...usual, activation];
  const attributes: Attributes = {
    hidden_size: int(2),
    direction: text("bidirectional"),
    activations: { type: "strings", value: [...each, ...each] },
    activation_alpha: { type: "floats", value: [0.8, 0.8] },
    activation_beta: { type: "floats", value: [0.6, 0.6] },
  };
  const constant = (dims: readonly number[], of: number) =>
    b.constant(
      float32(
        dims,
        wave(
          dims.reduce((p, d) => p * d, 1),
          of,
        ),
      ),
    );
  const inputs = [
    b.transpose(x, [1, 0, 2]),
    constant([2, gates * 2, 2], 1),
    constant([2, gates * 2, 2], 3),
    constant([2, gates * 4], 5),
    undefined,
    constant([2, 1, 2], 4),
  ];
  const outputs = op === "LSTM" ? 3 : 2;
  const [, state] = b.call(op, inputs, attributes, { outputs, hint: "node" });
  const logits = b.reshape(state!, [1, 4], "logits");
  return expandDefinitions(b.build([{ name: "logits", value: logits }]), registry);
}
