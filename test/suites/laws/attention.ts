import fc from "fast-check";
import { float, int } from "../../../src/onnx/attribute.js";
import type { Row } from "./case.js";
import { oneOf, variable } from "./geometry.js";

const extent = fc.integer({ min: 1, max: 3 });

/** Heads as an axis or side by side, one or two queries for a key, masked or not, with or without earlier steps. */
const attention: Row = {
  op: "Attention",
  cases: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      keyHeads: fc.integer({ min: 1, max: 2 }),
      times: fc.integer({ min: 1, max: 2 }),
      queries: extent,
      keys: extent,
      size: extent,
      width: extent,
      form: oneOf("flat", "heads"),
      mask: oneOf("none", "causal", "booleans", "numbers"),
      past: fc.integer({ min: 0, max: 2 }),
      scale: oneOf(undefined, 0.5),
      softcap: oneOf(undefined, 2),
    })
    .map(
      ({
        batch,
        keyHeads,
        times,
        queries,
        keys,
        size,
        width,
        form,
        mask,
        past,
        scale,
        softcap,
      }) => {
        const heads = keyHeads * times;
        const isFlat = form === "flat";
        const dims = (count: number, steps: number, each: number): number[] =>
          isFlat ? [batch, steps, count * each] : [batch, count, steps, each];
        const all = past + keys;
        const cells = Array.from({ length: queries * all }, (_, i) => i);
        // Every query reads at least the first key.
        const booleans = cells.map((i) => Number(i % all === 0 || i % 3 === 0));
        const given =
          mask === "booleans"
            ? { dims: [queries, all], constant: booleans, dtype: "bool" as const }
            : mask === "numbers"
              ? variable([queries, all])
              : undefined;
        return {
          attributes: {
            ...(isFlat ? { q_num_heads: int(heads), kv_num_heads: int(keyHeads) } : {}),
            ...(mask === "causal" ? { is_causal: int(1) } : {}),
            ...(scale === undefined ? {} : { scale: float(scale) }),
            ...(softcap === undefined ? {} : { softcap: float(softcap) }),
          },
          inputs: [
            variable(dims(heads, queries, size)),
            variable(dims(keyHeads, keys, size)),
            variable(dims(keyHeads, keys, width)),
            given,
            past > 0 ? variable([batch, keyHeads, past, size]) : undefined,
            past > 0 ? variable([batch, keyHeads, past, width]) : undefined,
          ],
        };
      },
    ),
  // Six inputs have 63 subsets of active ones.
  effort: 1 / 3,
  // ONNX Runtime fuses the scale into its product, as a float32.
  rounds: true,
};

export const attentions: readonly Row[] = [attention];
