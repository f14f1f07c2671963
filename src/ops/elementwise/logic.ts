import { sameAxes } from "../core/axis-mapping.js";
import { finite } from "../core/finite.js";
import { broadcast, type Dim } from "../../tensor/shape.js";
import { onNumbers, withElements, zip } from "../core/elements.js";
import type { Arity, OpSpec } from "../core/spec.js";
import { noAttrs } from "./unary.js";

type None = Record<string, never>;

/** Which infinities count. */
export interface InfinityAttrs {
  readonly negative: boolean;
  readonly positive: boolean;
}

/** A comparison or a logical operator: booleans, through which nothing flows back. */
function predicate(
  type: string,
  since: number,
  arity: Arity,
  f: (...v: number[]) => boolean,
  onDims: (...v: Dim[]) => Dim | undefined = onNumbers((...v) => Number(f(...v))),
): OpSpec<None> {
  return {
    type,
    since,
    arity,
    role: "step",
    axes: sameAxes,
    attrs: noAttrs,
    pointwise: true,
    infer: (n) => {
      const shape = broadcast(...n.inputs.map((_, i) => n.shape(i)));
      const elements = zip(n, shape, onDims);
      return [withElements({ dtype: "bool", shape }, elements)];
    },
    vjp: "zero",
    bias: () => "none",
  };
}

/** The least and the greatest number that an extent can be. An open one is at least 1; what is opaque may be anything. */
function range(dim: Dim): readonly [least: number, greatest: number] {
  if (typeof dim === "number") return [dim, dim];
  return [dim.includes("(") ? -Infinity : 1, Infinity];
}

/** A comparison, decided for open extents too where every value that they can have gives the same answer. */
function comparison(
  type: string,
  since: number,
  f: (a: number, b: number) => boolean,
): OpSpec<None> {
  const onDims = (a: Dim, b: Dim): Dim | undefined => {
    if (a === b) return Number(f(0, 0));
    const answers = range(a).flatMap((p) => range(b).map((q) => f(p, q)));
    const overlap = range(a)[0] <= range(b)[1] && range(b)[0] <= range(a)[1];
    if (typeof a === "number" && typeof b === "number") return Number(answers[0]);
    return answers.every((v) => v === answers[0]) && !overlap ? Number(answers[0]) : undefined;
  };
  return { ...predicate(type, since, [2, 2], f, onDims), reads: { places: [0, 1] } };
}

// y = condition ? a : b; da = dy where the condition holds, db = dy where not. A constant branch is the bias.
const where: OpSpec<None> = {
  type: "Where",
  since: 9,
  arity: [3, 3],
  role: "choice",
  axes: sameAxes,
  attrs: noAttrs,
  pointwise: true,
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
  // Shape arithmetic knows no infinities.
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
