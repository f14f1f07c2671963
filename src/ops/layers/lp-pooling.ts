import { spatialAxes } from "../core/axis-mapping.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import {
  poolAxes,
  pooled,
  pooledToOne,
  spaceOf,
  spreadOverWindows,
  sumOverWindows,
  type PoolAttrs,
} from "./pooling.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { windowAttrs } from "./window.js";

// y = (Σ |x|ᵖ)^(1/p) over each window. dx = sign(x)·|x|^(p−1) · Σ' dy·y^(1−p), Σ' over the windows that contain the
// element; 0 where y = 0, as in PyTorch. Homogeneous of degree 1: no bias.
const lpPool: OpSpec<PoolAttrs & { p: number }> = {
  type: "LpPool",
  since: 2,
  arity: [1, 1],
  role: "function",
  axes: spatialAxes,
  attrs: (a) => ({ ...windowAttrs(a), ceil: a.flag("ceil_mode"), p: a.int("p", 2) }),
  infer: (n) => [n.like(pooled(n))],
  definition: (b, n) => [norm(b, n, (powers) => sumOverWindows(b, n, powers))],
  vjp: (b, n, [dy]) => [
    () => {
      const share = normShare(b, dy!, n.y(), n.attrs.p);
      return b.mul(powerSlope(b, n), spreadOverWindows(b, n, share, poolAxes(n), 1), "dx");
    },
  ],
  bias: () => "none",
};

// The same over all spatial positions.
const globalLpPool: OpSpec<{ p: number }> = {
  type: "GlobalLpPool",
  since: 2,
  arity: [1, 1],
  role: "function",
  axes: spatialAxes,
  attrs: (a) => ({ p: a.int("p", 2) }),
  infer: (n) => [n.like(pooledToOne(n))],
  definition: (b, n) => [norm(b, n, (powers) => b.sum(powers, spaceOf(n)))],
  vjp: (b, n, [dy]) => [() => b.mul(powerSlope(b, n), normShare(b, dy!, n.y(), n.attrs.p), "dx")],
  bias: () => "none",
};

/** (Σ |x|ᵖ)^(1/p); `sum` sums the powers. */
function norm(b: GraphBuilder, n: NodeView<{ p: number }>, sum: (powers: Value) => Value): Value {
  const [x, { p }] = [n.x(), n.attrs];
  if (p === 2) return b.sqrt(sum(b.mul(x, x)));
  const size = b.op("Abs", [x]);
  if (p === 1) return sum(size);
  const power = (v: Value, exponent: number): Value => b.op("Pow", [v, b.scalar(exponent, x)]);
  return power(sum(power(size, p)), 1 / p);
}

/** dy·y^(1−p), and 0 where y = 0 */
function normShare(b: GraphBuilder, dy: Value, y: Value, p: number): Value {
  if (p === 1) return dy;
  const some = b.greater(y, 0);
  const safe = b.where(some, y, b.scalar(1, y));
  const power = p === 2 ? b.div(dy, safe) : b.mul(dy, b.op("Pow", [safe, b.scalar(1 - p, y)]));
  return b.where(some, power, b.scalar(0, y));
}

/** sign(x)·|x|^(p−1) */
function powerSlope(b: GraphBuilder, n: NodeView<{ p: number }>): Value {
  const { p } = n.attrs;
  const x = n.x();
  if (p === 2) return x;
  const sign = b.op("Sign", [x]);
  if (p === 1) return sign;
  return b.mul(sign, b.op("Pow", [b.op("Abs", [x]), b.scalar(p - 1, x)]));
}

export const lpPooling: readonly OpSpec[] = [lpPool, globalLpPool];
