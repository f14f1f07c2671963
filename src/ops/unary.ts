import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import type { NodeView } from "./node-view.js";
import type { AttrDecoder, OpSpec } from "./spec.js";

interface Unary<A> {
  readonly type: string;
  readonly since: number;
  readonly attrs: AttrDecoder<A>;
  /** dy/dx as graph; may use the output. */
  derivative(b: GraphBuilder, x: Value, y: Value, attrs: A): Value;
  /** f(λx) = λf(x) for λ > 0: no bias. */
  readonly homogeneous?: boolean;
}

/** Record of an element-wise function of one input: y = f(x), dx = f'(x)·dy, bias = f(x) − f'(x)·x. */
export function unary<A>(f: Unary<A>): OpSpec<A> {
  const derivative = (b: GraphBuilder, n: NodeView<A>): Value =>
    f.derivative(b, n.x(), n.y(), n.attrs);
  return {
    type: f.type,
    since: f.since,
    attrs: f.attrs,
    pointwise: true,
    infer: (n) => [n.like(n.shape())],
    vjp: (b, n, [dy]) => [
      () => b.mul(dy!, derivative(b, n), "dx"),
      ...n.inputs.slice(1).map(() => null),
    ],
    bias: (n) =>
      f.homogeneous
        ? "none"
        : {
            kind: "implicit",
            emit: (b) => b.sub(n.y(), b.mul(derivative(b, n), n.x()), "bias"),
          },
  };
}

/**
 * 1/y, and 0 where y = 0: the slope of a root at 0 is infinite, but what leads there is a square, a ReLU or a variance,
 * with a slope of 0, and 0·∞ is no number. PyTorch cuts the path there too (relu and std clear it), or has no number.
 */
export function inverseOrZero(b: GraphBuilder, y: Value): Value {
  const zero = b.scalar(0, y);
  return b.where(b.op("Equal", [y, zero]), zero, b.op("Reciprocal", [y]));
}

/** No attributes. */
export const noAttrs: AttrDecoder<Record<string, never>> = () => ({});
