import fc from "fast-check";
import { float, int, ints } from "../../../src/onnx/attribute.js";
import type { Row, Values } from "./case.js";
import { axisOf, oneOf, shapes, variable } from "./geometry.js";

// A large epsilon bounds the slope for nearly equal numbers.
const epsilon = oneOf(0.25, 1);

function softmax(op: string): Row {
  return {
    op,
    cases: shapes({ least: 1 }).chain((dims) =>
      fc.record({ axis: axisOf(dims.length), given: fc.boolean() }).map(({ axis, given }) => ({
        attributes: given ? { axis: int(axis) } : {},
        inputs: [variable(dims, undefined, true)],
      })),
    ),
  };
}

const batchNormalization: Row = {
  op: "BatchNormalization",
  cases: fc
    .record({ dims: shapes({ least: 2, most: 5 }), open: fc.boolean(), epsilon })
    .map(({ dims, open, epsilon: e }) => {
      const channel = (values?: Values) => variable([dims[1]!], values);
      return {
        attributes: { epsilon: float(e) },
        inputs: [
          variable(dims, undefined, open),
          channel(),
          channel(),
          channel(),
          channel({ from: 0.5, to: 2 }),
        ],
      };
    }),
};

/** Extents of at least two elements per statistic: the variance of a single number is 0. */
const images = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  space: fc.array(fc.integer({ min: 2, max: 4 }), { minLength: 1, maxLength: 3 }),
  open: fc.boolean(),
});

const instanceNormalization: Row = {
  op: "InstanceNormalization",
  cases: fc
    .record({ images, channels: fc.integer({ min: 1, max: 3 }), epsilon })
    .map(({ images: { batch, space, open }, channels, epsilon: e }) => ({
      attributes: { epsilon: float(e) },
      inputs: [
        variable([batch, channels, ...space], undefined, open),
        variable([channels]),
        variable([channels]),
      ],
    })),
};

/** γ and β: one for each group at first, one for each channel from operator set 21 on. */
const groupNormalization: Row = {
  op: "GroupNormalization",
  cases: fc
    .record({
      images,
      groups: fc.integer({ min: 1, max: 3 }),
      each: fc.integer({ min: 1, max: 2 }),
      epsilon,
      opset: oneOf(18, 21),
    })
    .map(({ images: { batch, space, open }, groups, each, epsilon: e, opset }) => {
      const parameters = opset < 21 ? groups : groups * each;
      return {
        attributes: { epsilon: float(e), num_groups: int(groups) },
        inputs: [
          variable([batch, groups * each, ...space], undefined, open),
          variable([parameters]),
          variable([parameters]),
        ],
        opset,
      };
    }),
  // stash_type: the statistics are float32.
  rounds: true,
};

/** Over the last axes; γ and β have the shape of these axes. */
function overLastAxes(op: string, opset: number, shift: boolean): Row {
  return {
    op,
    cases: fc
      .record({
        outer: shapes({ most: 2 }),
        inner: fc.array(fc.integer({ min: 2, max: 4 }), { minLength: 1, maxLength: 2 }),
        back: fc.boolean(),
        beta: fc.boolean(),
        epsilon,
        open: fc.boolean(),
      })
      .map(({ outer, inner, back, beta, epsilon: e, open }) => ({
        attributes: {
          axis: int(back ? -inner.length : outer.length),
          epsilon: float(e),
        },
        inputs: [
          variable([...outer, ...inner], undefined, open && outer.length > 0),
          variable(inner),
          ...(shift && beta ? [variable(inner)] : []),
        ],
        opset,
      })),
  };
}

const lpNormalization: Row = {
  op: "LpNormalization",
  cases: shapes({ least: 1 }).chain((dims) =>
    fc.record({ axis: axisOf(dims.length), p: oneOf(1, 2) }).map(({ axis, p }) => ({
      attributes: { axis: int(axis), p: int(p) },
      inputs: [variable(dims, { from: -3, to: 3, avoid: [0] })],
    })),
  ),
};

const meanVarianceNormalization: Row = {
  op: "MeanVarianceNormalization",
  cases: fc
    .record({ images, channels: fc.integer({ min: 1, max: 3 }), given: fc.boolean() })
    .map(({ images: { batch, space }, channels, given }) => {
      const dims = [batch, channels, ...space];
      const axes = dims.map((_, i) => i).slice(2);
      const four = dims.length === 4;
      return {
        attributes: given || !four ? { axes: ints(axes) } : {},
        inputs: [variable(dims, "distinct")],
      };
    }),
};

const lrn: Row = {
  op: "LRN",
  cases: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      channels: fc.integer({ min: 1, max: 6 }),
      // ONNX Runtime accepts odd sizes only.
      size: oneOf(1, 3, 5),
      alpha: oneOf(0.125, 1),
      beta: oneOf(0.5, 0.75),
      bias: oneOf(1, 2),
    })
    .map(({ batch, channels, size, alpha, beta, bias }) => ({
      attributes: {
        size: int(size),
        alpha: float(alpha),
        beta: float(beta),
        bias: float(bias),
      },
      inputs: [variable([batch, channels, 2, 3])],
    })),
};

export const normalizations: readonly Row[] = [
  softmax("Softmax"),
  softmax("LogSoftmax"),
  batchNormalization,
  instanceNormalization,
  groupNormalization,
  overLastAxes("LayerNormalization", 18, true),
  overLastAxes("RMSNormalization", 23, false),
  lpNormalization,
  meanVarianceNormalization,
  lrn,
];
