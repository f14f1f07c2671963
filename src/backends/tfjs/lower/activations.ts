import type { Lowerings, NodeToLower } from "./lowering.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** min(x, 0). On wasm, Minimum takes thirty times as long as Relu. */
const negativePart = (w: TfOpBuilder, x: Operand): Operand =>
  w.unary("Neg", w.unary("Relu", w.unary("Neg", x)));

interface Alpha {
  readonly alpha: number;
}

/** max(x, 0) + α·(e^{min(x,0)/s} − 1) */
function exponentialUnit(w: TfOpBuilder, x: Operand, alpha: number, s: number): Operand {
  const curve = w.unary("Expm1", w.scale(negativePart(w, x), 1 / s));
  return w.add(w.unary("Relu", x), w.scale(curve, alpha));
}

export const activations: Lowerings = {
  Relu: (w, n) =>
    n.isReal() ? w.unary("Relu", n.x()) : w.binary("Maximum", n.x(), w.scalar(0, "int32")),
  LeakyRelu: (w, n: NodeToLower<Alpha>) => w.map("LeakyRelu", n.x(), { alpha: n.attrs.alpha }),
  Sigmoid: (w, n) => w.unary("Sigmoid", n.x()),
  Erf: (w, n) => w.unary("Erf", n.x()),
  Softplus: (w, n) => w.unary("Softplus", n.x()),
  // With Expm1, which ONNX lacks and which keeps its digits near 0.
  Elu: (w, n: NodeToLower<Alpha>) => exponentialUnit(w, n.x(), n.attrs.alpha, 1),
  Celu: (w, n: NodeToLower<Alpha>) => exponentialUnit(w, n.x(), n.attrs.alpha, n.attrs.alpha),
  Clip: (w, n) => {
    const [low, high] = [1, 2].map((i) => n.elements(i)?.[0]);
    const known = (!n.optional(1) || low !== undefined) && (!n.optional(2) || high !== undefined);
    // If low exceeds high, the standard's order of operations gives high.
    if (known && n.isReal() && (low ?? -Infinity) <= (high ?? Infinity)) {
      return w.clip(n.x(), low ?? -Infinity, high ?? Infinity);
    }
    const above = n.optional(1) ? w.binary("Maximum", n.x(), n.x(1)) : n.x();
    return n.optional(2) ? w.binary("Minimum", above, n.x(2)) : above;
  },
};
