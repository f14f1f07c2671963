import fc from "fast-check";
import { float, int } from "../../../src/onnx/attribute.js";
import type { Geometry, Row } from "./case.js";
import { constant, oneOf, variable } from "./geometry.js";

const extent = fc.integer({ min: 1, max: 3 });

/** With padding masks of either kind, causal masks, and added scores. */
const attention: Row = {
  op: "com.microsoft:Attention",
  cases: fc
    .record({
      ...{ batch: fc.integer({ min: 1, max: 2 }), steps: extent, input: extent },
      ...{ heads: fc.integer({ min: 1, max: 2 }), size: fc.integer({ min: 1, max: 2 }) },
      mask: oneOf("none", "keys", "lengths", "scores"),
      ...{ causal: fc.boolean(), bias: fc.boolean(), scale: oneOf(undefined, 0.5) },
      past: oneOf(0, 0, 2),
    })
    .map(({ batch, steps, input, heads, size, mask: kind, causal, bias, scale, past }) => {
      const mask = past > 0 ? "none" : kind;
      const width = heads * size;
      const masks: Readonly<Record<string, Geometry["inputs"][number]>> = {
        keys: constant(
          Array.from({ length: batch * steps }, (_, i) => Number(i % steps === 0 || i % 2 === 0)),
          [batch, steps],
          "int32",
        ),
        lengths: constant(
          Array.from({ length: batch }, () => 1),
          [batch],
          "int32",
        ),
      };
      return {
        attributes: {
          ...{ num_heads: int(heads), unidirectional: int(Number(causal)) },
          ...(scale === undefined ? {} : { scale: float(scale) }),
        },
        inputs: [
          variable([batch, steps, input]),
          variable([input, 3 * width]),
          bias ? variable([3 * width]) : undefined,
          masks[mask],
          past > 0 ? variable([2, batch, heads, past, size]) : undefined,
          mask === "scores" ? variable([batch, heads, steps, steps]) : undefined,
        ],
        ...(past > 0 ? { outputs: 2 } : {}),
      };
    }),
  effort: 1 / 3,
  // ONNX Runtime fuses the scale into its product, as a float32.
  rounds: true,
};

/** Queries, keys and values in separate tensors or packed into one; masks, biases, and earlier steps. */
const multiHeadAttention: Row = {
  op: "com.microsoft:MultiHeadAttention",
  cases: fc
    .record({
      ...{ batch: fc.integer({ min: 1, max: 2 }), queries: extent, keys: extent },
      ...{ heads: fc.integer({ min: 1, max: 2 }), size: fc.integer({ min: 1, max: 2 }) },
      form: oneOf("apart", "apart", "packed", "heads"),
      mask: oneOf("none", "keys", "scores"),
      bias: fc.boolean(),
      past: oneOf(0, 0, 2),
    })
    .map(({ batch, queries, keys, heads, size, form, mask: kind, bias, past: earlier }) => {
      const past = form === "apart" ? earlier : 0;
      const mask = past > 0 ? "none" : kind;
      const before = past > 0 ? variable([batch, heads, past, size]) : undefined;
      const width = heads * size;
      const isPacked = form === "packed";
      const own = isPacked ? queries : keys;
      const rows = (steps: number) =>
        variable(form === "heads" ? [batch, heads, steps, size] : [batch, steps, width]);
      const isShifted = bias && form === "apart";
      return {
        attributes: { num_heads: int(heads) },
        inputs: [
          isPacked ? variable([batch, queries, heads, 3, size]) : variable([batch, queries, width]),
          isPacked ? undefined : rows(keys),
          isPacked ? undefined : rows(keys),
          isShifted ? variable([3 * width]) : undefined,
          mask === "keys"
            ? constant(
                Array.from({ length: batch * own }, (_, i) => Number(i % own === 0 || i % 2 === 0)),
                [batch, own],
                "int32",
              )
            : undefined,
          mask === "scores" ? variable([batch, heads, queries, own]) : undefined,
          before,
          before,
        ],
      };
    }),
  effort: 1 / 3,
  rounds: true,
};

/** Attention as ONNX Runtime fuses it. */
export const fusedAttention: readonly Row[] = [attention, multiHeadAttention];
