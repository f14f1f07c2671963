import { sameAxes } from "../core/axis-mapping.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { NodeView } from "../core/node-view.js";
import type { Probability, Role } from "../core/role.js";
import type { AttrDecoder, BiasRule, Factored, OpSpec } from "../core/spec.js";

interface Unary<A> {
  readonly type: string;
  readonly since: number;
  readonly role: Role;
  readonly probability?: Probability;
  readonly attrs: AttrDecoder<A>;
  /** f(λx) = λf(x) for λ > 0: no bias. */
  readonly homogeneous?: boolean;
  /** f in simpler operators, for engines without a kernel. */
  definition?(b: GraphBuilder, x: Value, attrs: A): Value;
}

/** dy/dx as graph, which may use the output; or dx/dy, if that takes one pass less. */
type Slope<A> =
  | { derivative(b: GraphBuilder, x: Value, y: Value, attrs: A): Value }
  | { inverseDerivative(b: GraphBuilder, x: Value): Value };

/** Record of an element-wise function of one input: y = f(x), dx = f'(x)·dy, bias = f(x) − f'(x)·x. */
export function unary<A>(f: Unary<A> & Slope<A>): OpSpec<A> {
  const timesSlope = (b: GraphBuilder, n: NodeView<A>, v: Value, hint?: string): Value =>
    "derivative" in f
      ? b.mul(v, f.derivative(b, n.x(), n.y(), n.attrs), hint)
      : b.div(v, f.inverseDerivative(b, n.x()), hint);
  return {
    type: f.type,
    since: f.since,
    arity: [1, 1],
    role: f.role,
    axes: sameAxes,
    ...(f.probability && { probability: f.probability, reads: { scores: [0] } }),
    attrs: f.attrs,
    pointwise: true,
    infer: (n) => [n.like(n.shape())],
    ...(f.definition && { definition: (b, n) => [f.definition!(b, n.x(), n.attrs)] }),
    vjp: (b, n, [dy]) => [() => timesSlope(b, n, dy!, "dx")],
    bias: (n) =>
      f.homogeneous
        ? "none"
        : { kind: "implicit", emit: (b) => b.sub(n.y(), timesSlope(b, n, n.x()), "bias") },
  };
}

/** The bias of a non-linearity, as the product of a number and a tensor. */
export function factoredBias(factored: Factored): BiasRule {
  const { factor } = factored;
  return { kind: "implicit", factored, emit: (b) => b.mulScalar(factored.emit(b), factor, "bias") };
}

/**
 * 1/y, and 0 where y = 0: the slope of a root at 0 is infinite, but its argument is usually a square, a ReLU or a
 * variance with slope 0, and 0·∞ is NaN. PyTorch also yields 0 there (relu, std), or NaN.
 */
export function inverseOrZero(b: GraphBuilder, y: Value): Value {
  const zero = b.scalar(0, y);
  return b.where(b.op("Equal", [y, zero]), zero, b.op("Reciprocal", [y]));
}
