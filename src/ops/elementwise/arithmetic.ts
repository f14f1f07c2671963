import type { GraphBuilder } from "../../onnx/builder.js";
import type { Fact, Value } from "../../onnx/ir.js";
import { finite } from "../core/finite.js";
import { isFloat } from "../../tensor/dtype.js";
import {
  addDims,
  broadcast,
  divideDims,
  multiplyDims,
  subtractDims,
  type Dim,
} from "../../tensor/shape.js";
import { onNumbers, roundTo, withElements, zip } from "../core/elements.js";
import { elementwise, noAttrs, type NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { BiasRule, OpSpec } from "../core/spec.js";
import { inverseOrZero, unary } from "./unary.js";

/** Facts of an element-wise operator with broadcasting. */
export function inferZip(
  f: (...operands: Dim[]) => Dim | undefined,
): (n: NodeView) => readonly Fact[] {
  return (n) => {
    const shape = broadcast(...n.inputs.map((_, i) => n.shape(i)));
    const fact = n.like(shape);
    const elements = zip(n, shape, f)?.map((e) => roundTo(fact.dtype, e));
    return [withElements(fact, elements)];
  };
}

/** The inputs that are present but do not depend on the image. */
function still(n: NodeView): Value[] {
  return n.inputs.filter((v, i): v is Value => v !== undefined && !n.isActive(i));
}

// y = a + b; da = db = dy. Operands that do not depend on the image are the bias.
const add: OpSpec<NoAttrs> = {
  type: "Add",
  since: 7,
  arity: [2, 2],
  role: "linear",
  ...elementwise,
  parameters: ["other", "other"],
  infer: inferZip(addDims),
  vjp: (_b, _n, [dy]) => [() => dy!, () => dy!],
  bias: (n) => constantPart(n, (_b, [c]) => c!),
};

// y = a − b; da = dy, db = −dy
const sub: OpSpec<NoAttrs> = {
  type: "Sub",
  since: 7,
  arity: [2, 2],
  role: "linear",
  ...elementwise,
  infer: inferZip(subtractDims),
  vjp: (b, _n, [dy]) => [() => dy!, () => b.neg(dy!, "dx")],
  bias: (n) => constantPart(n, (b, [c]) => (n.isActive(0) ? b.neg(c!) : c!)),
};

// y = a·b; da = b·dy, db = a·dy. Two active factors: J·z = 2y, bias = −y (a gate). One: linear, none.
const mul: OpSpec<NoAttrs> = {
  type: "Mul",
  since: 7,
  arity: [2, 2],
  role: "multiplication",
  ...elementwise,
  parameters: ["other", "other"],
  infer: inferZip(multiplyDims),
  vjp: (b, n, [dy]) => [() => b.mul(dy!, n.x(1), "da"), () => b.mul(dy!, n.x(0), "db")],
  bias: (n) =>
    n.isActive(0) && n.isActive(1)
      ? { kind: "implicit", emit: (b) => b.neg(n.y(), "bias") }
      : "none",
};

// y = a/b; da = dy/b, db = −y·dy/b. J·z = y − y = 0 where both are active: bias = y. Active denominator alone:
// J·z = −y, bias = 2y. Active numerator alone: linear, none.
const div: OpSpec<NoAttrs> = {
  type: "Div",
  since: 7,
  arity: [2, 2],
  role: "quotient",
  ...elementwise,
  infer: (n) => {
    const integer = !isFloat(n.x().fact.dtype);
    return inferZip(integer ? divideIntegers : onNumbers((a, b) => a / b))(n);
  },
  vjp: (b, n, [dy]) => [
    () => b.div(dy!, n.x(1), "da"),
    () => b.neg(b.div(b.mul(dy!, n.y()), n.x(1)), "db"),
  ],
  bias: (n) =>
    !n.isActive(1)
      ? "none"
      : { kind: "implicit", emit: (b) => (n.isActive(0) ? n.y() : b.mulScalar(n.y(), 2, "bias")) },
};

/** a / b truncated towards zero, as ONNX divides integers; for symbols, only if b divides a. */
function divideIntegers(a: Dim, b: Dim): Dim | undefined {
  if (b === 0) return undefined;
  return typeof a === "number" && typeof b === "number" ? Math.trunc(a / b) : divideDims(a, b);
}

// y = max(a, b, …) or min: the gradient goes to the extreme operands, shared evenly at ties as in PyTorch.
// Constant operands make the bias: y where one of them is the extreme.
function extreme(type: "Max" | "Min", f: (...v: number[]) => number): OpSpec<NoAttrs> {
  const share = (b: GraphBuilder, n: NodeView<NoAttrs>, i: number): Value => {
    const hits = n.inputs.map((_, j) => b.mask(b.op("Equal", [n.x(j), n.y()]), n.y()));
    return b.div(
      hits[i]!,
      hits.reduce((p, q) => b.add(p, q)),
    );
  };
  return {
    type,
    since: 13,
    arity: [1, Infinity],
    role: type === "Max" ? "maximum" : "minimum",
    ...elementwise,
    infer: inferZip(onNumbers(f)),
    vjp: (b, n, [dy]) =>
      n.inputs.map(
        (_, i) => () => (n.inputs.length === 1 ? dy! : b.mul(dy!, share(b, n, i), "dx")),
      ),
    bias: (n) =>
      still(n).length === 0
        ? "none"
        : {
            kind: "implicit",
            emit: (b) => {
              const parts = n.inputs.flatMap((_, i) => (n.isActive(i) ? [] : [share(b, n, i)]));
              return b.mul(
                n.y(),
                parts.reduce((p, q) => b.add(p, q)),
                "bias",
              );
            },
          },
  };
}

/** a + b + … */
function total(b: GraphBuilder, values: readonly (Value | undefined)[]): Value {
  return values.filter((v) => v !== undefined).reduce((p, q) => b.add(p, q));
}

// y = a + b + …
const sum: OpSpec<NoAttrs> = {
  type: "Sum",
  since: 8,
  arity: [1, Infinity],
  role: "linear",
  ...elementwise,
  infer: inferZip(onNumbers((...v) => v.reduce((p, q) => p + q, 0))),
  definition: (b, n) => [total(b, n.inputs)],
  vjp: (_b, n, [dy]) => n.inputs.map(() => () => dy!),
  bias: (n) => constantPart(n, total),
};

// y = (a + b + …)/k
const mean: OpSpec<NoAttrs> = {
  type: "Mean",
  since: 8,
  arity: [1, Infinity],
  role: "linear",
  ...elementwise,
  infer: inferZip(onNumbers((...v) => v.reduce((p, q) => p + q, 0) / v.length)),
  definition: (b, n) => [b.mulScalar(total(b, n.inputs), 1 / n.inputs.length)],
  vjp: (b, n, [dy]) => n.inputs.map((v) => () => b.mulScalar(dy!, 1 / n.inputs.length, v!.name)),
  bias: (n) =>
    constantPart(n, (b, constants) => b.mulScalar(total(b, constants), 1 / n.inputs.length)),
};

/** The bias of a sum: the summands that do not depend on the image. */
function constantPart(
  n: NodeView,
  emit: (b: GraphBuilder, constants: readonly Value[]) => Value,
): BiasRule {
  const constants = still(n);
  if (constants.length === 0) return "none";
  return {
    kind: "constant",
    emit: (b) =>
      emit(
        b,
        constants.map((c) => finite(b, c)),
      ),
  };
}

const neg = {
  ...unary({
    type: "Neg",
    since: 6,
    role: "linear",
    attrs: noAttrs,
    homogeneous: true,
    derivative: (b, x) => b.scalar(-1, x),
  }),
  infer: inferZip((a) => subtractDims(0, a)),
};

// y = |x|; y' = sign(x)
const abs = {
  ...unary({
    type: "Abs",
    since: 6,
    role: "function",
    attrs: noAttrs,
    homogeneous: true,
    derivative: (b, x) => b.op("Sign", [x]),
  }),
  infer: inferZip(onNumbers(Math.abs)),
};

// y = √x; y' = 1/(2y), and 0 where y = 0: x is usually a square or a ReLU, whose own slope is 0 there
const sqrt = {
  ...unary({
    type: "Sqrt",
    since: 6,
    role: "function",
    attrs: noAttrs,
    derivative: (b, _, y) => b.mulScalar(inverseOrZero(b, y), 0.5),
  }),
  infer: inferZip(onNumbers(Math.sqrt)),
};

// y = eˣ; y' = y
const exp = unary({
  type: "Exp",
  since: 6,
  role: "function",
  attrs: noAttrs,
  derivative: (_b, _x, y) => y,
});

// y = ln x; y' = 1/x
const log = unary({
  type: "Log",
  since: 6,
  role: "function",
  attrs: noAttrs,
  derivative: (b, x) => b.op("Reciprocal", [x]),
});

// y = 1/x; y' = −y²
const reciprocal = unary({
  type: "Reciprocal",
  since: 6,
  role: "function",
  attrs: noAttrs,
  derivative: (b, _, y) => b.neg(b.mul(y, y)),
});

export const arithmetic: readonly OpSpec[] = [
  add,
  sub,
  mul,
  div,
  extreme("Max", Math.max),
  extreme("Min", Math.min),
  sum,
  mean,
  neg,
  abs,
  sqrt,
  exp,
  log,
  reciprocal,
];
