import type { Lowering, Lowerings, NodeToLower } from "./lowering.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** The reduced axes; empty if the node is a no-op. */
function axesOf(n: NodeToLower): readonly number[] {
  const given = n.optional(1) ? n.view.numbers(1) : [];
  if (given.length > 0) return given;
  return n.attributes.flag("noop_with_empty_axes") ? [] : n.x().dims.map((_, i) => i);
}

/** A reduction with optional transformations of the elements and of the result. */
const reduction =
  (
    rule: (w: TfOpBuilder, x: Operand, over: (op: Reduced, x: Operand) => Operand) => Operand,
  ): Lowering =>
  (w, n) => {
    const axes = axesOf(n);
    // Extents of 1: no summation, but squares and logarithms still apply.
    return w.reshape(
      rule(w, n.x(), (op, x) => w.reduce(op, x, axes)),
      n.dims(),
    );
  };
type Reduced = "Sum" | "Mean" | "Max" | "Min" | "Prod";

const plain = (op: Reduced): Lowering => reduction((_, x, over) => over(op, x));

export const reductions: Lowerings = {
  ReduceSum: plain("Sum"),
  ReduceMean: plain("Mean"),
  ReduceMax: plain("Max"),
  ReduceMin: plain("Min"),
  ReduceProd: plain("Prod"),
  ReduceL1: reduction((w, x, over) => over("Sum", w.unary("Abs", x))),
  ReduceL2: reduction((w, x, over) => w.unary("Sqrt", over("Sum", w.mul(x, x)))),
  ReduceSumSquare: reduction((w, x, over) => over("Sum", w.mul(x, x))),
  ReduceLogSum: reduction((w, x, over) => w.unary("Log", over("Sum", x))),
  // log Σ eˣ = m + log Σ e^{x−m} with m = max x, which avoids overflow.
  ReduceLogSumExp: reduction((w, x, over) => {
    const most = w.clip(over("Max", x), -3e38, 3e38);
    const sum = over("Sum", w.unary("Exp", w.sub(x, most)));
    return w.add(w.unary("Log", sum), most);
  }),
};
