/**
 * Step functions with a straight-through gradient (Bengio, Léonard and Courville, arXiv 1308.3432, 2013), with which
 * quantized and binarised networks are trained.
 *
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.js";
import { straightThroughDomain, type Value } from "../../onnx/ir.js";
import { sameAxes } from "../core/axis-mapping.js";
import { noAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { int } from "../../onnx/attribute.js";
import { dataTypeOf } from "../../onnx/file/element-types.js";

type None = Record<string, never>;

/** y = f(x) with x·m as its linear part: dx = m·dy, bias = y − m·x. */
function through(
  type: string,
  passes: (b: GraphBuilder, n: NodeView<None>) => Value | undefined,
): OpSpec<None> {
  const times = (b: GraphBuilder, n: NodeView<None>, v: Value): Value => {
    const where = passes(b, n);
    return where ? b.maskBy(v, where) : v;
  };
  return {
    type,
    domain: straightThroughDomain,
    since: 1,
    arity: type === "Clip" ? [1, 3] : [1, 1],
    role: "quantization",
    rounds: true,
    axes: sameAxes,
    attrs: noAttrs,
    pointwise: true,
    infer: (n) => [n.like(n.shape())],
    vjp: (b, n, [dy]) => [() => times(b, n, dy!), "constant", "constant"],
    bias: (n) => ({ kind: "implicit", emit: (b) => b.sub(n.y(), times(b, n, n.x()), "bias") }),
  };
}

// y = round(x) to even: dx = dy
const round = through("Round", () => undefined);

// y = min(max(x, low), high): dx = dy for low ≤ x ≤ high, bounds included, as in PyTorch's fake quantization
const clip = through("Clip", (b, n) => b.op("Equal", [n.x(), n.y()]));

/** |x| ≤ 1, where the training of binarised networks gives a sign the gradient 1. */
const isInReach = (b: GraphBuilder, x: Value): Value =>
  b.op("LessOrEqual", [b.op("Abs", [x]), b.scalar(1, x)]);

// y = sign(x): dx = dy where |x| ≤ 1 (Courbariaux et al., Binarized Neural Networks, arXiv 1602.02830, 2016)
const sign = through("Sign", (b, n) => isInReach(b, n.x()));

// Floats of integer value cast to an integer type: dx = dy
const cast: OpSpec<{ to: number }> = {
  ...{ type: "Cast", domain: straightThroughDomain, since: 1, arity: [1, 1], role: "quantization" },
  axes: sameAxes,
  attrs: (a) => ({ to: a.int("to", 0) }),
  straightThrough: [0],
  infer: (n) => [{ dtype: "int32", shape: n.shape() }],
  vjp: (_b, _n, [dy]) => [() => dy!],
  bias: () => "none",
};

export const straightThrough: readonly OpSpec[] = [round, clip, sign, cast];

/** round(x) with a gradient of 1. */
export const rounded = (b: GraphBuilder, x: Value): Value =>
  b.call("Round", [x], {}, { domain: straightThroughDomain, hint: "round" })[0]!;

/** x clipped to two bounds; the gradient at the bounds is 1. */
export const clipped = (b: GraphBuilder, x: Value, low: Value, high: Value): Value =>
  b.call("Clip", [x, low, high], {}, { domain: straightThroughDomain, hint: "range" })[0]!;

/** Casts floats of integer value to int32, with a straight-through gradient. */
export const asInteger = (b: GraphBuilder, x: Value): Value =>
  b.call(
    "Cast",
    [x],
    { to: int(dataTypeOf("int32")) },
    { domain: straightThroughDomain, hint: "int32" },
  )[0]!;

/** A number whose addition makes 0 positive and leaves other numbers unchanged: twice the least normal float32. */
export const aboveZero = 2 ** -125;

/** The sign of x, 1 at 0, with a gradient of 1 where |x| ≤ 1. */
export const signed = (b: GraphBuilder, x: Value): Value =>
  b.call(
    "Sign",
    [b.addScalar(x, aboveZero)],
    {},
    { domain: straightThroughDomain, hint: "sign" },
  )[0]!;
