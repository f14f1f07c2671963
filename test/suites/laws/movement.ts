import fc from "fast-check";
import { int, ints, text } from "../../../src/onnx/attribute.js";
import type { Row } from "./case.js";
import { axisOf, constant, oneOf, shapes, variable } from "./geometry.js";

const linear = { polynomial: true } as const;

/** A new shape from divisors; one extent may be inferred (−1), unchanged ones copied from the input (0). */
const reshape: Row = {
  op: "Reshape",
  cases: fc
    .record({
      dims: shapes({ least: 1 }),
      form: oneOf("flat", "reversed", "rest", "kept", "tail"),
      batch: fc.boolean(),
    })
    .map(({ dims, form, batch }) => {
      const targets = {
        flat: [-1],
        reversed: dims.toReversed(),
        rest: [-1, 1, dims.at(-1)!],
        kept: [0, -1],
        tail: [1, ...dims.slice(1), -1],
      };
      // N elements are split by divisors that do not depend on N.
      const open = batch && form !== "reversed" && (form !== "rest" || dims.length > 1);
      return { attributes: {}, inputs: [variable(dims, undefined, open), constant(targets[form])] };
    }),
  ...linear,
};

const flatten: Row = {
  op: "Flatten",
  cases: shapes({ least: 1 }).chain((dims) =>
    fc
      .record({ axis: fc.integer({ min: -dims.length, max: dims.length }), open: fc.boolean() })
      .map(({ axis, open }) => ({
        attributes: { axis: int(axis) },
        inputs: [variable(dims, undefined, open)],
      })),
  ),
  ...linear,
};

const squeeze: Row = {
  op: "Squeeze",
  cases: shapes({ extent: 2 }).chain((dims) => {
    const ones = dims.flatMap((d, i) => (d === 1 ? [i, i - dims.length] : []));
    const some = ones.length === 0 ? fc.constant([]) : fc.shuffledSubarray(ones, { maxLength: 1 });
    return some.map((axes) => ({
      attributes: {},
      inputs: axes.length === 0 ? [variable(dims)] : [variable(dims), constant(axes)],
    }));
  }),
  ...linear,
};

const unsqueeze: Row = {
  op: "Unsqueeze",
  cases: shapes({ most: 2 }).chain((dims) =>
    fc
      .uniqueArray(fc.nat(dims.length + 1), { minLength: 2, maxLength: 2 })
      .chain((axes) => fc.boolean().map((back) => [axes, back] as const))
      .map(([axes, back]) => {
        const rank = dims.length + axes.length;
        const given = back ? axes.map((a) => a - rank) : axes;
        return { attributes: {}, inputs: [variable(dims), constant(given)] };
      }),
  ),
  ...linear,
};

const transpose: Row = {
  op: "Transpose",
  cases: shapes().chain((dims) => {
    const axes = dims.map((_, i) => i);
    const order = fc.shuffledSubarray(axes, { minLength: axes.length });
    return fc.record({ order, given: fc.boolean(), open: fc.boolean() }).map((g) => ({
      attributes: g.given ? { perm: ints(g.order) } : {},
      inputs: [variable(dims, undefined, g.open && dims.length > 0)],
    }));
  }),
  ...linear,
};

const expand: Row = {
  op: "Expand",
  cases: shapes({ most: 3 }).chain((whole) =>
    fc
      .record({
        ones: fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length }),
        skip: fc.nat(whole.length),
        shorter: fc.boolean(),
      })
      .map(({ ones, skip, shorter }) => {
        const dims = whole.map((d, i) => (ones[i] ? 1 : d)).slice(skip);
        // An extent of 1 in the shape keeps the input's extent.
        const target = shorter ? whole.map((d, i) => (ones[i] ? d : 1)) : whole;
        return { attributes: {}, inputs: [variable(dims), constant(target)] };
      }),
  ),
  ...linear,
};

const tile: Row = {
  op: "Tile",
  cases: shapes({ most: 3, extent: 3 }).chain((dims) =>
    fc
      .array(fc.integer({ min: 1, max: 3 }), { minLength: dims.length, maxLength: dims.length })
      .map((repeats) => ({ attributes: {}, inputs: [variable(dims), constant(repeats)] })),
  ),
  ...linear,
};

const concat: Row = {
  op: "Concat",
  cases: shapes({ least: 1, most: 3 }).chain((dims) =>
    fc
      .record({
        axis: axisOf(dims.length),
        lengths: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
        open: fc.boolean(),
      })
      .map(({ axis, lengths, open }) => {
        const at = axis < 0 ? axis + dims.length : axis;
        const inputs = lengths.map((length) =>
          variable(dims.with(at, length), undefined, open && at !== 0),
        );
        return { attributes: { axis: int(axis) }, inputs };
      }),
  ),
  ...linear,
};

/** Given lengths, a number of pieces (the last one may be shorter), or neither (opset 18). */
const split: Row = {
  op: "Split",
  cases: shapes({ least: 1, most: 3 }).chain((dims) =>
    fc
      .record({
        axis: axisOf(dims.length),
        lengths: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
        given: fc.boolean(),
      })
      .map(({ axis, lengths, given }) => {
        const at = axis < 0 ? axis + dims.length : axis;
        const total = lengths.reduce((p, q) => p + q, 0);
        const count = lengths.length;
        if (given) {
          const inputs = [variable(dims.with(at, total)), constant(lengths)];
          return { attributes: { axis: int(axis) }, inputs, outputs: count };
        }
        // ⌈extent / count⌉ each, and the remainder in the last.
        const extent = count * lengths[0]! - (lengths[0]! > 1 && lengths[0]! > count - 1 ? 1 : 0);
        return {
          attributes: { axis: int(axis), num_outputs: int(count) },
          inputs: [variable(dims.with(at, extent))],
          outputs: count,
        };
      }),
  ),
  ...linear,
};

const small = fc.integer({ min: 1, max: 2 });

function blocks(op: "DepthToSpace" | "SpaceToDepth"): Row {
  const toSpace = op === "DepthToSpace";
  return {
    op,
    cases: fc
      .record({
        n: small,
        c: small,
        h: small,
        w: small,
        k: fc.integer({ min: 1, max: 3 }),
        mode: oneOf("DCR", "CRD"),
        open: fc.boolean(),
      })
      .map(({ n, c, h, w, k, mode, open }) => ({
        attributes: { blocksize: int(k), ...(toSpace ? { mode: text(mode) } : {}) },
        inputs: [variable(toSpace ? [n, c * k * k, h, w] : [n, c, h * k, w * k], undefined, open)],
      })),
    ...linear,
  };
}

export const movement: readonly Row[] = [
  reshape,
  flatten,
  squeeze,
  unsqueeze,
  transpose,
  expand,
  tile,
  concat,
  split,
  blocks("DepthToSpace"),
  blocks("SpaceToDepth"),
];
