/**
 * The part common to the normalizations: x̂ = (x − μ)·s with s = 1/√(σ² + ε), mean and variance over some axes. Without
 * centring (root mean square) μ = 0 and σ² is the mean of x².
 *
 * Gradient: with g the gradient of x̂, dx = s·(g − mean(g) − x̂·mean(g·x̂)); without centring, the term mean(g) is
 * absent.
 *
 * Bias: J·x = s·((x − μ) − x̂·mean((x − μ)·x̂)), and mean((x − μ)·x̂) = s·σ², so J·x = x̂·(1 − s²σ²) = x̂·ε·s². Except
 * for ε, normalization is invariant to the scale of x, so nearly all of x̂ is bias: x̂ − J·x = x̂·(1 − ε·s²).
 *
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import type { NodeView } from "../core/node-view.js";

export interface Standardization {
  readonly axes: readonly number[];
  readonly epsilon: number;
  readonly centred: boolean;
}

export interface Standardized {
  /** x̂ */
  readonly values: Value;
  /** μ and σ², with the reduced axes kept as extents of 1; μ is absent without centring. */
  readonly mean: Value | undefined;
  readonly variance: Value;
  /** s, with the reduced axes kept as extents of 1. */
  readonly inverse: Value;
}

export function standardize(b: GraphBuilder, x: Value, how: Standardization): Standardized {
  const mean = how.centred ? b.mean(x, how.axes) : undefined;
  const deviation = mean ? b.sub(x, mean, "centred") : x;
  const variance = b.mean(b.mul(deviation, deviation), how.axes, "variance");
  const inverse = b.op(
    "Reciprocal",
    [b.sqrt(b.addScalar(variance, how.epsilon))],
    {},
    "1/deviation",
  );
  return { values: b.mul(deviation, inverse, "standard"), mean, variance, inverse };
}

/** dx from the gradient of x̂. */
export function standardizeGradient(
  b: GraphBuilder,
  { values, inverse }: Pick<Standardized, "values" | "inverse">,
  gradient: Value,
  { axes, centred }: Standardization,
): Value {
  const along = b.mul(values, b.mean(b.mul(gradient, values), axes));
  const across = centred ? b.sub(gradient, b.mean(gradient, axes)) : gradient;
  return b.mul(inverse, b.sub(across, along), "dx");
}

/** Indices of γ and β among a node's inputs, and how to broadcast them and to reshape x̂ to the shape of x. */
export interface Affine {
  readonly parameter: (i: 1 | 2) => Value;
  readonly layOut?: (v: Value) => Value;
}

/** y = γ·x̂ + β */
export function standardizedOutput(
  b: GraphBuilder,
  n: NodeView,
  values: Value,
  { parameter, layOut = (v) => v }: Affine,
): Value {
  const scaled = b.mul(layOut(values), parameter(1));
  return n.optional(2) ? b.add(scaled, parameter(2)) : scaled;
}

/** γ·(x̂ − J·x) + β, minus γ·x̂ if γ is active and minus β if β is active. */
export function standardizedBias(
  b: GraphBuilder,
  n: NodeView<{ readonly epsilon: number }>,
  standard: Pick<Standardized, "values" | "inverse">,
  { parameter, layOut = (v) => v }: Affine,
): Value {
  let rest = n.isActive(0) ? standardizeBias(b, standard, n.attrs.epsilon) : standard.values;
  if (n.isActive(1)) rest = b.sub(rest, standard.values);
  const scaled = b.mul(layOut(rest), parameter(1), "bias/scaled");
  return n.optional(2) && !n.isActive(2) ? b.add(scaled, parameter(2), "bias") : scaled;
}

/** x̂ − J·x */
function standardizeBias(
  b: GraphBuilder,
  { values, inverse }: Pick<Standardized, "values" | "inverse">,
  epsilon: number,
): Value {
  const kept = b.sub(b.scalar(1, inverse), b.mulScalar(b.mul(inverse, inverse), epsilon));
  return b.mul(values, kept);
}
