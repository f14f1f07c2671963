import { sameAxes } from "./axis-mapping.js";
import { inferZip } from "../elementwise/arithmetic.js";
import { onNumbers } from "./elements.js";
import { elementwise, flowsNowhere, noAttrs, type NoAttrs } from "./heads.js";
import type { OpSpec } from "./spec.js";

// y = a mod m, with the sign of m (fmod = 0) or of a (fmod = 1). Mostly shape arithmetic. For floats, a = y + k·m with
// a step function k: da = dy, dm = −k·dy with −k = (y − a)/m. y = a − k·m is linear in both; constant operands make the
// bias.
const mod: OpSpec<{ fmod: boolean }> = {
  type: "Mod",
  since: 10,
  arity: [2, 2],
  role: "function",
  axes: sameAxes,
  attrs: (a) => ({ fmod: a.flag("fmod") }),
  pointwise: true,
  infer: (n) => inferZip(onNumbers((a, m) => (n.attrs.fmod ? a % m : ((a % m) + m) % m)))(n),
  vjp: (b, n, [dy]) => [
    () => dy!,
    () => b.mul(dy!, b.op("Round", [b.div(b.sub(n.y(), n.x(0)), n.x(1))]), "dm"),
  ],
  bias: (n) => {
    if (n.isActive(0) && n.isActive(1)) return "none";
    return {
      kind: "implicit",
      emit: (b) => (n.isActive(0) ? b.sub(n.y(), n.x(0), "bias") : n.x(0)),
    };
  },
};

/** Steps: constant almost everywhere, so nothing flows back. */
function step(type: string, since: number, f: (x: number) => number): OpSpec<NoAttrs> {
  return {
    type,
    since,
    arity: [1, 1],
    role: "step",
    ...elementwise,
    infer: inferZip(onNumbers(f)),
    ...flowsNowhere,
  };
}

// A shift by a negative count shifts out all bits (operator set 28; undefined before).
const shiftLeft = (a: number, k: number): number => (k < 0 ? 0 : a * 2 ** k);
const shiftRight = (a: number, k: number): number => Math.floor(a / 2 ** (k < 0 ? 64 : k));

const bitShift: OpSpec<{ left: boolean }> = {
  type: "BitShift",
  since: 11,
  arity: [2, 2],
  role: "step",
  axes: sameAxes,
  attrs: (a) => ({ left: a.word("direction", ["LEFT", "RIGHT"], "LEFT") === "LEFT" }),
  infer: (n) => inferZip(onNumbers(n.attrs.left ? shiftLeft : shiftRight))(n),
  ...flowsNowhere,
};

function bitwise(
  type: string,
  inputs: 1 | 2,
  f: (a: number, c: number) => number,
): OpSpec<NoAttrs> {
  const small = (...v: number[]): boolean => v.every((e) => Math.abs(e) < 2 ** 31);
  return {
    type,
    since: 18,
    arity: [inputs, inputs],
    role: "step",
    axes: sameAxes,
    attrs: noAttrs,
    infer: inferZip((...v) =>
      v.every((e) => typeof e === "number") && small(...v) ? f(v[0]!, v[1] ?? 0) : undefined,
    ),
    ...flowsNowhere,
  };
}

export const integers: readonly OpSpec[] = [
  step("Floor", 6, Math.floor),
  step("Ceil", 6, Math.ceil),
  step("Round", 11, (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))),
  {
    ...step("Sign", 9, Math.sign),
    wayThrough:
      "its gradient is 0; binarised networks are trained as if it were 1 where |x| ≤ 1: option straightThrough explains them so",
  },
  mod,
  bitShift,
  bitwise("BitwiseAnd", 2, (a, c) => a & c),
  bitwise("BitwiseOr", 2, (a, c) => a | c),
  bitwise("BitwiseXor", 2, (a, c) => a ^ c),
  bitwise("BitwiseNot", 1, (a) => ~a),
];
