import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { inferZip } from "./arithmetic.js";
import { onNumbers } from "../core/elements.js";
import { elementwise, type NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { inverseOrZero } from "./unary.js";

// y = aᵖ; da = p·aᵖ⁻¹·dy, dp = y·ln(a)·dy. bias = (1 − p)·y for a constant exponent.
export const pow: OpSpec<NoAttrs> = {
  type: "Pow",
  since: 12,
  arity: [2, 2],
  role: "function",
  ...elementwise,
  infer: inferZip(onNumbers((a, p) => a ** p)),
  vjp: (b, n, [dy]) => [
    () => b.mul(dy!, baseDerivative(b, n), "da"),
    () => b.mul(dy!, exponentDerivative(b, n), "dp"),
  ],
  bias: (n) => {
    const exponent = n.elements(1);
    if (!n.isActive(1) && exponent?.length === 1 && exponent[0] === 1) return "none";
    return {
      kind: "implicit",
      emit: (b) => {
        let bias = n.y();
        if (n.isActive(0)) bias = b.sub(bias, b.mul(baseDerivative(b, n), n.x(0)));
        if (n.isActive(1)) bias = b.sub(bias, b.mul(exponentDerivative(b, n), n.x(1)));
        return bias;
      },
    };
  },
};

/**
 * p·aᵖ⁻¹, with small integer exponents written as products, which are valid for negative bases. 0 where p = 0, as in
 * PyTorch, also at a = 0; for a root, 0 < p < 1, 0 at a = 0 (see {@link inverseOrZero}).
 */
function baseDerivative(b: GraphBuilder, n: NodeView<NoAttrs>): Value {
  const [a, p] = [n.x(0), n.x(1)];
  const exponent = n.elements(1);
  if (exponent?.length === 1 && exponent[0] === 2) return b.mulScalar(a, 2);
  if (exponent?.length === 1 && exponent[0] === 1) return b.scalar(1, a);
  if (exponent?.length === 1 && exponent[0] === 0.5)
    return b.mulScalar(inverseOrZero(b, n.y()), 0.5);
  const power = b.cast(p, a.fact.dtype);
  const less = b.addScalar(power, -1);
  const slope = (): Value => b.mul(power, b.op("Pow", [a, less]));
  if (exponent?.every((e) => typeof e === "number" && e > 0 && e < 1)) {
    return b.where(b.op("Equal", [a, b.scalar(0, a)]), b.scalar(0, a), slope());
  }
  if (exponent?.every((e) => e !== 0)) return slope();
  const isZero = b.mask(b.op("Equal", [power, b.scalar(0, power)]), power);
  return b.mul(power, b.op("Pow", [a, b.add(less, isZero)]));
}

/** aᵖ·ln a; 0 where a = 0, as in PyTorch. */
function exponentDerivative(b: GraphBuilder, n: NodeView<NoAttrs>): Value {
  const [a, one] = [n.x(0), b.scalar(1, n.x(0))];
  const isZero = b.op("Equal", [a, b.scalar(0, a)]);
  return b.mul(n.y(), b.op("Log", [b.where(isZero, one, a)]));
}
