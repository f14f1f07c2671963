import fc from "fast-check";
import { int } from "../../../src/onnx/attribute.js";
import type { Row, Values } from "./case.js";
import { constant, oneOf, shapes, variable } from "./geometry.js";

/** Some axes from either end, all of them, or (noop_with_empty_axes) none. */
function reduction(op: string, values?: Values, polynomial = false): Row {
  return {
    op,
    cases: shapes({ least: 1 }).chain((dims) =>
      fc
        .record({
          axes: fc.shuffledSubarray(dims.map((_, i) => i)),
          back: fc.boolean(),
          keepdims: oneOf(undefined, 0, 1),
          form: oneOf("axes", "axes", "all", "none"),
          open: fc.boolean(),
        })
        .map(({ axes, back, keepdims, form, open }) => {
          const given = axes.length === 0 ? [0] : axes;
          const reducesBatch = form === "all" || (form === "axes" && given.includes(0));
          const x = variable(dims, values, open && !reducesBatch);
          const list = constant(back ? given.map((a) => a - dims.length) : given);
          return {
            attributes: {
              ...(keepdims === undefined ? {} : { keepdims: int(keepdims) }),
              ...(form === "none" ? { noop_with_empty_axes: int(1) } : {}),
            },
            inputs: form === "axes" ? [x, list] : [x],
          };
        }),
    ),
    polynomial,
  };
}

const away: Values = { from: -3, to: 3, avoid: [0] };
const positive: Values = { from: 0.5, to: 2 };

export const reductions: readonly Row[] = [
  reduction("ReduceSum", undefined, true),
  reduction("ReduceMean", undefined, true),
  reduction("ReduceMax", "distinct"),
  reduction("ReduceMin", "distinct"),
  reduction("ReduceL1", away),
  reduction("ReduceL2", positive),
  reduction("ReduceSumSquare", undefined, true),
  reduction("ReduceLogSum", positive),
  reduction("ReduceLogSumExp"),
  reduction("ReduceProd", away),
];
