import fc from "fast-check";
import { float, int, text } from "../../../src/onnx/attribute.js";
import type { Attribute, Attributes } from "../../../src/onnx/ir.js";
import { sizeOf } from "../../../src/tensor/shape.js";
import type { Constant, Operand, Row } from "./case.js";
import { oneOf, variable } from "./geometry.js";

const texts = (value: readonly string[]): Attribute => ({ type: "strings", value });
const floats = (value: readonly number[]): Attribute => ({ type: "floats", value });

/** Weights are constants: what depends on the image are the sequence and the states. */
function weights(dims: readonly number[], seed: number): Constant {
  const constant = Array.from(
    { length: sizeOf(dims) },
    (_, i) => Math.sin(12.9898 * (i + 1) + seed) * 0.9,
  );
  return { dims, constant, dtype: "float" };
}

interface Kind {
  readonly op: string;
  readonly gates: number;
  readonly functions: number;
  readonly states: number;
}

/** Functions without kinks near the values that these weights produce. */
const smooth = ["Sigmoid", "Tanh", "Softsign", "Softplus", "Affine", "ScaledTanh"];

/**
 * One direction or two, with and without bias, states, peepholes, sequences of several lengths; usual functions and
 * others, with and without parameters.
 */
function recurrent({ op, gates, functions, states }: Kind): Row {
  const cases = fc
    .record({
      steps: fc.integer({ min: 1, max: 3 }),
      batch: fc.integer({ min: 1, max: 2 }),
      size: fc.integer({ min: 1, max: 3 }),
      hidden: fc.integer({ min: 1, max: 3 }),
      direction: oneOf("forward", "reverse", "bidirectional"),
      bias: fc.boolean(),
      lengths: fc.boolean(),
      initial: fc.boolean(),
      peepholes: fc.boolean(),
      flag: fc.boolean(),
      clip: oneOf(0, 0, 10),
      names: fc.option(fc.array(oneOf(...smooth), { minLength: 6, maxLength: 6 }), {
        nil: undefined,
      }),
      parameters: fc.boolean(),
      openBatch: fc.boolean(),
      variableWeights: oneOf(false, false, true),
    })
    .map((c) => {
      const count = c.direction === "bidirectional" ? 2 : 1;
      const { steps, batch, hidden } = c;
      const width = gates * hidden;
      const state = (): Operand | undefined =>
        c.initial ? variable([count, batch, hidden]) : undefined;
      const lengths = Array.from({ length: batch }, (_, i) => (i === 0 ? steps : 1));
      const matrix = (dims: number[], seed: number): Operand =>
        c.variableWeights && !c.initial && steps > 1
          ? variable(dims, { from: -1, to: 1 })
          : weights(dims, seed);
      const peephole = c.peepholes && op === "LSTM";
      const attributes: Attributes = {
        hidden_size: int(hidden),
        direction: text(c.direction),
        ...(c.clip > 0 ? { clip: float(c.clip) } : {}),
        ...(c.flag && op === "GRU" ? { linear_before_reset: int(1) } : {}),
        ...(c.names ? { activations: texts(c.names.slice(0, functions * count)) } : {}),
        ...(c.names && c.parameters
          ? { activation_alpha: floats([0.75, 0.5]), activation_beta: floats([0.25]) }
          : {}),
      };
      const inputs: (Operand | undefined)[] = [
        variable([steps, batch, c.size], { from: -1, to: 1 }),
        matrix([count, width, c.size], 1),
        matrix([count, width, hidden], 2),
        c.bias ? matrix([count, 2 * width], 3) : undefined,
        c.lengths ? { dims: [batch], constant: lengths, dtype: "int32" } : undefined,
        state(),
        ...(states > 1 ? [state(), peephole ? matrix([count, 3 * hidden], 4) : undefined] : []),
      ];
      return { attributes, inputs, outputs: states + 1 };
    });
  // Many inputs make many choices of active ones.
  return { op, cases, effort: 1 / 2 };
}

export const recurrences: readonly Row[] = [
  recurrent({ op: "RNN", gates: 1, functions: 1, states: 1 }),
  recurrent({ op: "GRU", gates: 3, functions: 2, states: 1 }),
  recurrent({ op: "LSTM", gates: 4, functions: 3, states: 2 }),
];
