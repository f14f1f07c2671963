import fc from "fast-check";
import { int } from "../../../src/onnx/attribute.js";
import type { Operand, Row, Values } from "./case.js";
import { anyTensor, broadcastable, constant, oneOf, variable } from "./geometry.js";

const positive: Values = { from: 0.5, to: 2.5 };
const offZero: Values = { from: -3, to: 3, avoid: [0] };
const away: Values = { from: -3, to: 3, avoid: [-0.5, 0, 0.5] };

function unary(op: string, values?: Values): Row {
  return { op, cases: anyTensor(values).map((x) => ({ attributes: {}, inputs: [x] })) };
}

function binary(op: string, second?: Values, polynomial = false): Row {
  const cases = broadcastable(2).map(([a, b]) => ({
    attributes: {},
    inputs: [variable(a!), variable(b!, second)],
  }));
  return { op, cases, polynomial };
}

/** Any number of operands of shapes that broadcast. */
function variadic(op: string, values?: Values): Row {
  return {
    op,
    cases: fc
      .integer({ min: 1, max: 3 })
      .chain(broadcastable)
      .map((dims) => ({ attributes: {}, inputs: dims.map((d) => variable(d, values)) })),
  };
}

/** Exponents that depend on the image, and the constants common in networks. */
const pow: Row = {
  op: "Pow",
  cases: fc.oneof(
    broadcastable(2).map(([a, p]) => ({
      attributes: {},
      inputs: [variable(a!, positive), variable(p!)],
    })),
    fc
      .record({
        x: anyTensor(positive),
        exponent: oneOf(-1, 0.5, 1, 1.5, 2, 3),
        form: oneOf<number[]>([], [1]),
      })
      .map(({ x, exponent, form }) => ({
        attributes: {},
        inputs: [x, constant([exponent], form, "float")],
      })),
    // Integer exponents allow negative bases.
    fc
      .record({ x: anyTensor(away), exponent: oneOf(1, 2, 3) })
      .map(({ x, exponent }) => ({ attributes: {}, inputs: [x, constant([exponent], [])] })),
  ),
};

const where: Row = {
  op: "Where",
  cases: fc
    .record({
      dims: broadcastable(3),
      truth: fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
    })
    .map(({ dims: [condition, a, b], truth }) => {
      const count = condition!.reduce((p, d) => p * d, 1);
      const bits = truth.slice(0, count).map(Number);
      const inputs: Operand[] = [constant(bits, condition, "bool"), variable(a!), variable(b!)];
      return { attributes: {}, inputs };
    }),
  polynomial: true,
};

const identity: Row = {
  op: "Identity",
  cases: anyTensor().map((x) => ({ attributes: {}, inputs: [x] })),
  polynomial: true,
};

const dropout: Row = {
  op: "Dropout",
  cases: fc
    .record({ x: anyTensor(), ratio: fc.boolean(), outputs: oneOf(1, 2) })
    .map(({ x, ratio, outputs }) => ({
      attributes: {},
      inputs: ratio ? [x, constant([0.3], [], "float32")] : [x],
      outputs,
    })),
  polynomial: true,
};

/** From the dtype of the variables to float32. */
const cast: Row = {
  op: "Cast",
  cases: anyTensor().map((x) => ({ attributes: { to: int(1) }, inputs: [x] })),
  polynomial: true,
  rounds: true,
};

const castLike: Row = {
  op: "CastLike",
  cases: anyTensor().map((x) => ({
    attributes: {},
    inputs: [x, constant([1, 2], [2], "float32")],
  })),
  polynomial: true,
  rounds: true,
};

export const arithmetic: readonly Row[] = [
  binary("Add", undefined, true),
  binary("Sub", undefined, true),
  binary("Mul", undefined, true),
  binary("Div", { from: -3, to: 3, avoid: [-0.5, 0, 0.5] }),
  pow,
  variadic("Max", "distinct"),
  variadic("Min", "distinct"),
  { ...variadic("Sum"), polynomial: true },
  { ...variadic("Mean"), polynomial: true },
  { ...unary("Neg"), polynomial: true },
  unary("Abs", offZero),
  unary("Sqrt", positive),
  unary("Exp"),
  unary("Log", positive),
  unary("Reciprocal", { from: -3, to: 3, avoid: [-0.5, 0, 0.5] }),
  unary("Sin"),
  unary("Cos"),
  where,
  identity,
  dropout,
  cast,
  castLike,
];
