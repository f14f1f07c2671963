import { finite } from "../core/finite.js";
import { broadcast, type Dim } from "../../tensor/shape.js";
import { onNumbers, withElements, zip } from "../core/elements.js";
import { elementwise, flowsNowhere, type NoAttrs } from "../core/heads.js";
import type { Arity, OpSpec } from "../core/spec.js";

/** Which infinities IsInf detects. */
export interface InfinityAttrs {
  readonly negative: boolean;
  readonly positive: boolean;
}

/** A comparison or a logical operator: boolean output, no gradient. */
function predicate(
  type: string,
  since: number,
  arity: Arity,
  f: (...v: number[]) => boolean,
  onDims: (...v: Dim[]) => Dim | undefined = onNumbers((...v) => Number(f(...v))),
): OpSpec<NoAttrs> {
  return {
    type,
    since,
    arity,
    role: "step",
    ...elementwise,
    infer: (n) => {
      const shape = broadcast(...n.inputs.map((_, i) => n.shape(i)));
      const elements = zip(n, shape, onDims);
      return [withElements({ dtype: "bool", shape }, elements)];
    },
    ...flowsNowhere,
  };
}

/**
 * The least and greatest value of an extent. A open extent is at least 1; an opaque expression may have any value.
 */
function range(dim: Dim): readonly [least: number, greatest: number] {
  if (typeof dim === "number") return [dim, dim];
  return [dim.includes("(") ? -Infinity : 1, Infinity];
}

/** A comparison. Open extents are compared if every possible value gives the same answer. */
function comparison(
  type: string,
  since: number,
  f: (a: number, b: number) => boolean,
): OpSpec<NoAttrs> {
  const onDims = (a: Dim, b: Dim): Dim | undefined => {
    if (a === b) return Number(f(0, 0));
    const answers = range(a).flatMap((p) => range(b).map((q) => f(p, q)));
    const overlap = range(a)[0] <= range(b)[1] && range(b)[0] <= range(a)[1];
    if (typeof a === "number" && typeof b === "number") return Number(answers[0]);
    return answers.every((v) => v === answers[0]) && !overlap ? Number(answers[0]) : undefined;
  };
  return { ...predicate(type, since, [2, 2], f, onDims), reads: { positions: [0, 1] } };
}

// y = condition ? a : b; da = dy where the condition is true, db = dy where it is false. A constant branch is the bias.
const where: OpSpec<NoAttrs> = {
  type: "Where",
  since: 9,
  arity: [3, 3],
  role: "choice",
  ...elementwise,
  infer: (n) => {
    const shape = broadcast(n.shape(0), n.shape(1), n.shape(2));
    const elements = zip(n, shape, (c, a, b) => (typeof c === "number" ? (c ? a : b) : undefined));
    return [withElements(n.like(shape, 1), elements)];
  },
  vjp: (b, n, [dy]) => [
    "integer",
    () => b.maskBy(dy!, n.x(0), "da"),
    () => b.maskBy(dy!, b.op("Not", [n.x(0)]), "db"),
  ],
  bias: (n) => {
    if (n.isActive(1) && n.isActive(2)) return "none";
    return {
      kind: "constant",
      emit: (b) => {
        const zero = b.scalar(0, n.y());
        return n.isActive(1)
          ? b.where(n.x(0), zero, finite(b, n.x(2)), "bias")
          : b.where(n.x(0), finite(b, n.x(1)), zero, "bias");
      },
    };
  },
};

const isInf: OpSpec = {
  // Shape arithmetic has no infinities.
  ...predicate("IsInf", 10, [1, 1], () => false),
  attrs: (a): InfinityAttrs => ({
    negative: a.flag("detect_negative", true),
    positive: a.flag("detect_positive", true),
  }),
};

export const logic: readonly OpSpec[] = [
  comparison("Equal", 11, (a, b) => a === b),
  comparison("Greater", 9, (a, b) => a > b),
  comparison("GreaterOrEqual", 12, (a, b) => a >= b),
  comparison("Less", 9, (a, b) => a < b),
  comparison("LessOrEqual", 12, (a, b) => a <= b),
  predicate("And", 7, [2, 2], (a, b) => a !== 0 && b !== 0),
  predicate("Or", 7, [2, 2], (a, b) => a !== 0 || b !== 0),
  predicate("Xor", 7, [2, 2], (a, b) => (a !== 0) !== (b !== 0)),
  predicate("Not", 1, [1, 1], (a) => a === 0),
  predicate("IsNaN", 9, [1, 1], Number.isNaN),
  isInf,
  where,
];
