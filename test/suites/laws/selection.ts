import fc from "fast-check";
import { int, text } from "../../../src/onnx/attribute.js";
import { stridesOf } from "../../../src/tensor/shape.js";
import type { Row } from "./case.js";
import { axisOf, constant, oneOf, shapes, variable } from "./geometry.js";

const linear = { polynomial: true } as const;

/** Index tuples into the first axes of a tensor, after batch axes; distinct if the order of writing matters. */
const tuples = shapes({ least: 1, most: 3 }).chain((dims) =>
  fc
    .record({
      batch: fc.nat(dims.length - 1),
      length: fc.integer({ min: 1, max: dims.length }),
      count: fc.integer({ min: 1, max: 4 }),
      numbers: fc.array(fc.nat(1000), { minLength: 256, maxLength: 256 }),
      back: fc.boolean(),
    })
    .map((g) => ({ ...g, dims, length: Math.min(g.length, dims.length - g.batch) })),
);

const gatherND: Row = {
  op: "GatherND",
  cases: tuples.map(({ dims, batch, length, count, numbers, back }) => {
    const shape = [...dims.slice(0, batch), count, length];
    const size = shape.reduce((p, d) => p * d, 1);
    const indices = Array.from({ length: size }, (_, i) => {
      const extent = dims[batch + (i % length)]!;
      return (numbers[i]! % extent) - (back ? extent : 0);
    });
    return {
      attributes: { batch_dims: int(batch) },
      inputs: [variable(dims), constant(indices, shape)],
    };
  }),
  ...linear,
};

const scatterND: Row = {
  op: "ScatterND",
  cases: fc
    .record({ tuples, reduction: oneOf("none", "add", "mul", "max", "min") })
    .map(({ tuples: t, reduction }) => {
      const { dims, length, count, numbers } = t;
      const named = dims.slice(0, length);
      const positions = named.reduce((p, d) => p * d, 1);
      // Distinct positions, unless updates are added or compared, or few are multiplied.
      const isRepeated = reduction !== "none" && (reduction !== "mul" || count <= 3);
      const used = isRepeated ? count : Math.min(count, positions);
      const strides = stridesOf(named);
      const indices = Array.from({ length: used }, (_, k) => {
        const place = isRepeated ? numbers[k]! % positions : (numbers[0]! + k) % positions;
        return named.map((d, axis) => Math.floor(place / strides[axis]!) % d);
      });
      const values = reduction === "max" || reduction === "min" ? "distinct" : undefined;
      return {
        attributes: reduction === "none" ? {} : { reduction: text(reduction) },
        inputs: [
          variable(dims, values),
          constant(indices.flat(), [used, length]),
          variable([used, ...dims.slice(length)], values),
        ],
        opset: 18,
      };
    }),
  effort: 2,
};

const topK: Row = {
  op: "TopK",
  cases: shapes({ least: 1, most: 3 }).chain((dims) =>
    fc
      .record({ axis: axisOf(dims.length), k: fc.nat(100), least: fc.boolean() })
      .map(({ axis, k, least }) => ({
        attributes: { axis: int(axis), largest: int(least ? 0 : 1) },
        inputs: [variable(dims, "distinct"), constant([1 + (k % dims.at(axis)!)])],
        outputs: 2,
      })),
  ),
};

const cumSum: Row = {
  op: "CumSum",
  cases: shapes({ least: 1, most: 3 }).chain((dims) =>
    fc
      .record({ axis: axisOf(dims.length), exclusive: fc.boolean(), reverse: fc.boolean() })
      .map(({ axis, exclusive, reverse }) => ({
        attributes: { exclusive: int(exclusive ? 1 : 0), reverse: int(reverse ? 1 : 0) },
        inputs: [variable(dims), constant([axis], [])],
      })),
  ),
  ...linear,
};

const trilu: Row = {
  op: "Trilu",
  cases: fc
    .record({
      dims: shapes({ least: 2, most: 3 }),
      k: oneOf<number | undefined>(undefined, -2, -1, 0, 1, 2),
      upper: oneOf(0, 1),
    })
    .map(({ dims, k, upper }) => ({
      attributes: { upper: int(upper) },
      inputs: [variable(dims), ...(k === undefined ? [] : [constant([k], [])])],
    })),
  ...linear,
};

const reverseSequence: Row = {
  op: "ReverseSequence",
  cases: fc
    .record({
      dims: shapes({ least: 2, most: 3 }),
      batchFirst: fc.boolean(),
      lengths: fc.array(fc.nat(100), { minLength: 4, maxLength: 4 }),
    })
    .map(({ dims, batchFirst, lengths }) => {
      const [batch, time] = batchFirst ? [0, 1] : [1, 0];
      const given = lengths.slice(0, dims[batch]).map((l) => 1 + (l % dims[time]!));
      return {
        attributes: { batch_axis: int(batch), time_axis: int(time) },
        inputs: [variable(dims), constant(given)],
      };
    }),
  ...linear,
};

/** Products, sums and diagonals, as in networks. */
const equations: readonly (readonly [string, ...number[][]])[] = [
  ["ij,jk->ik", [2, 3], [3, 4]],
  ["bij,bjk->bik", [2, 2, 3], [2, 3, 2]],
  ["...ij,...kj->...ik", [2, 2, 3], [2, 4, 3]],
  ["ij->ji", [2, 3]],
  ["ij->i", [2, 3]],
  ["ij->", [2, 3]],
  ["ii->i", [3, 3]],
  ["ii->", [3, 3]],
  ["i,j->ij", [2], [3]],
  ["i,i", [3], [3]],
  ["bnhd,bmhd->bhnm", [2, 2, 1, 3], [2, 4, 1, 3]],
  ["bi,ij,bj->b", [2, 3], [3, 2], [2, 2]],
  ["ij, ij -> ij", [2, 3], [2, 3]],
  ["nchw,cd->ndhw", [1, 2, 2, 3], [2, 4]],
];

const einsum: Row = {
  op: "Einsum",
  cases: oneOf(...equations).map(([equation, ...dims]) => ({
    attributes: { equation: text(equation) },
    inputs: dims.map((d) => variable(d)),
  })),
  ...linear,
};

/** The float operands of a remainder by about 2: steps at the even numbers other than 0. */
const mod: Row = {
  op: "Mod",
  cases: fc.record({ dims: shapes(), constantDivisor: fc.boolean() }).map((g) => ({
    attributes: { fmod: int(1) },
    inputs: [
      variable(g.dims, { from: -5, to: 5, avoid: [-4, -2, 2, 4] }),
      g.constantDivisor ? constant([2], [], "float") : variable([], { from: 1.95, to: 2.05 }),
    ],
  })),
};

/** Integers that were quantized before the model was written, by scales that depend on the image. */
const dequantizeLinear: Row = {
  op: "DequantizeLinear",
  cases: shapes({ least: 1, most: 3 }).chain((dims) =>
    fc
      .record({
        axis: axisOf(dims.length),
        perAxis: fc.boolean(),
        zero: fc.boolean(),
        levels: fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 64, maxLength: 64 }),
      })
      .map(({ axis, perAxis, zero, levels }) => {
        const served = perAxis ? [dims.at(axis)!] : [];
        const size = dims.reduce((p, d) => p * d, 1);
        const zeros = levels.slice(0, served[0] ?? 1);
        return {
          attributes: { axis: int(axis) },
          inputs: [
            constant(levels.slice(0, size), dims, "int8"),
            variable(served, { from: 0.5, to: 2 }),
            ...(zero ? [constant(zeros, served, "int8")] : []),
          ],
        };
      }),
  ),
  ...linear,
};

export const selection: readonly Row[] = [
  gatherND,
  scatterND,
  topK,
  cumSum,
  trilu,
  reverseSequence,
  einsum,
  mod,
  dequantizeLinear,
];
