import fc from "fast-check";
import { int, text } from "../../../src/onnx/attribute.js";
import type { Constant, Row } from "./case.js";
import { axisOf, constant, oneOf, shapes, variable } from "./geometry.js";

const linear = { polynomial: true } as const;
const toTheEnd = Number.MAX_SAFE_INTEGER;

/** Bounds and steps of one axis of a Slice: from either end, beyond the end, backwards. */
const sliced = fc.record({
  start: fc.integer({ min: -6, max: 4 }),
  end: fc.oneof(fc.integer({ min: -6, max: 6 }), fc.constant(toTheEnd)),
  step: oneOf(1, 1, 2, 3, -1, -2),
});

const slice: Row = {
  op: "Slice",
  cases: shapes({ least: 1, most: 3, extent: 5 }).chain((dims) =>
    fc
      .record({
        windows: fc.array(sliced, { minLength: dims.length, maxLength: dims.length }),
        axes: fc.shuffledSubarray(
          dims.map((_, i) => i),
          { minLength: 1 },
        ),
        back: fc.boolean(),
        form: oneOf("plain", "axes", "steps"),
      })
      .filter(({ windows, axes, form }) =>
        axes.every((axis, k) => {
          const at = form === "plain" ? k : axis;
          const { start, end, step } = windows[k]!;
          return taken(dims[at]!, start, end, form === "steps" ? step : 1) > 0;
        }),
      )
      .map(({ windows, axes, back, form }) => {
        const used = axes.map((_, k) => windows[k]!);
        const inputs = [
          variable(dims),
          constant(used.map((w) => w.start)),
          constant(used.map((w) => w.end)),
        ];
        if (form === "plain") return { attributes: {}, inputs };
        inputs.push(constant(back ? axes.map((a) => a - dims.length) : axes));
        if (form === "steps") inputs.push(constant(used.map((w) => w.step)));
        return { attributes: {}, inputs };
      }),
  ),
  ...linear,
};

/** The number of elements of a Slice; empty results have no gradient to test. */
function taken(extent: number, start: number, end: number, step: number): number {
  let count = 0;
  const wrap = (v: number): number => (v < 0 ? v + extent : v);
  const first = Math.min(Math.max(wrap(start), 0), step > 0 ? extent : extent - 1);
  const last = Math.min(Math.max(wrap(end), step > 0 ? 0 : -1), step > 0 ? extent : extent - 1);
  for (let i = first; step > 0 ? i < last : i > last; i += step) count++;
  return count;
}

/** Indices of any shape, counted from either end, some of them twice. */
const gather: Row = {
  op: "Gather",
  cases: shapes({ least: 1, most: 3 }).chain((dims) =>
    fc
      .record({ axis: axisOf(dims.length), shape: shapes({ most: 2, extent: 3 }) })
      .chain(({ axis, shape }) =>
        indicesBelow(dims.at(axis)!, shape).map((indices) => ({
          attributes: { axis: int(axis) },
          inputs: [variable(dims), indices],
        })),
      ),
  ),
  ...linear,
};

function indicesBelow(extent: number, dims: readonly number[]): fc.Arbitrary<Constant> {
  const count = dims.reduce((p, d) => p * d, 1);
  return fc
    .array(fc.integer({ min: -extent, max: extent - 1 }), { minLength: count, maxLength: count })
    .map((values) => constant(values, dims));
}

/** Shapes of data and indices: the indices are no longer than the data, except along the axis. */
const reads = shapes({ least: 1, most: 3 }).chain((dims) =>
  fc
    .record({ axis: axisOf(dims.length), length: fc.integer({ min: 1, max: 4 }) })
    .chain(({ axis, length }) => {
      const at = axis < 0 ? axis + dims.length : axis;
      return fc
        .tuple(...dims.map((d, i) => fc.integer({ min: 1, max: i === at ? length : d })))
        .map((read) => ({ dims, axis, at, read }));
    }),
);

const gatherElements: Row = {
  op: "GatherElements",
  cases: reads.chain(({ dims, axis, at, read }) =>
    indicesBelow(dims[at]!, read).map((indices) => ({
      attributes: { axis: int(axis) },
      inputs: [variable(dims), indices],
    })),
  ),
  ...linear,
};

/**
 * "none" writes each position at most once, since the order of writing is undefined; the others may write it repeatedly,
 * "mul" up to three times, so that its degree stays low. Of a maximum or minimum no two values are close.
 */
const scatterElements: Row = {
  op: "ScatterElements",
  cases: fc
    .record({ read: reads, reduction: oneOf("none", "add", "mul", "max", "min") })
    .chain(({ read: { dims, axis, at, read }, reduction }) => {
      const isRepeated = reduction !== "none" && (reduction !== "mul" || read[at]! <= 3);
      const fitting = isRepeated ? read : read.with(at, Math.min(read[at]!, dims[at]!));
      const indices = isRepeated
        ? indicesBelow(dims[at]!, fitting)
        : fc
            .shuffledSubarray(
              Array.from({ length: dims[at]! }, (_, i) => i),
              { minLength: fitting[at]!, maxLength: fitting[at]! },
            )
            .map((order) => alongAxis(order, fitting, at));
      const values = reduction === "max" || reduction === "min" ? "distinct" : undefined;
      return indices.map((where) => ({
        attributes: {
          axis: int(axis),
          ...(reduction === "none" ? {} : { reduction: text(reduction) }),
        },
        inputs: [variable(dims, values), where, variable(fitting, values)],
        opset: 18,
      }));
    }),
  effort: 2,
};

/** The same order of indices for every line along an axis. */
function alongAxis(order: readonly number[], dims: readonly number[], axis: number): Constant {
  const inner = dims.slice(axis + 1).reduce((p, d) => p * d, 1);
  const count = dims.reduce((p, d) => p * d, 1);
  const values = Array.from(
    { length: count },
    (_, i) => order[Math.floor(i / inner) % dims[axis]!]!,
  );
  return constant(values, dims);
}

/** Borders of every kind; negative ones crop. A border that copies the input is no wider than the input. */
const pad: Row = {
  op: "Pad",
  cases: fc
    .record({
      dims: shapes({ least: 1, most: 4, extent: 4 }),
      mode: oneOf("constant", "constant", "reflect", "edge", "wrap"),
    })
    .chain(({ dims, mode }) => {
      const border = dims.map((d) => {
        const most = mode === "reflect" ? d - 1 : mode === "wrap" ? d : 3;
        return fc.integer({ min: mode === "constant" ? -((d - 1) >> 1) : 0, max: most });
      });
      return fc
        .record({
          begins: fc.tuple(...border),
          ends: fc.tuple(...border),
          value: oneOf<number | "variable" | undefined>(undefined, 0, 1.5, "variable"),
          axes: fc.boolean(),
          open: fc.boolean(),
        })
        .map(({ begins, ends, value, axes, open }) => {
          // The batch axis is not padded.
          const untouched = open && dims.length > 1;
          const zeroed = (list: readonly number[]): readonly number[] =>
            untouched ? list.with(0, 0) : list;
          const order = dims.map((_, i) => i).reverse();
          const given = axes ? order : order.toReversed();
          const pads = [zeroed(begins), zeroed(ends)].flatMap((p) => given.map((a) => p[a]!));
          const fixed = typeof value === "number" ? constant([value], [], "float") : undefined;
          const fill = value === "variable" ? variable([]) : fixed;
          return {
            attributes: { mode: text(mode) },
            inputs: [
              variable(dims, undefined, untouched),
              constant(pads),
              mode === "constant" ? fill : undefined,
              ...(axes ? [constant(given)] : []),
            ],
            opset: mode === "wrap" ? 19 : 18,
          };
        });
    }),
  ...linear,
  effort: 4,
};

/** Indices from either end, the depth along any axis, and both values. */
const oneHot: Row = {
  op: "OneHot",
  cases: fc
    .record({ dims: shapes({ least: 1, most: 2 }), depth: fc.integer({ min: 1, max: 4 }) })
    .chain(({ dims, depth }) =>
      fc
        .record({ axis: axisOf(dims.length + 1), indices: indicesBelow(depth, dims) })
        .map(({ axis, indices }) => ({
          attributes: { axis: int(axis) },
          inputs: [indices, constant([depth], []), variable([2])],
        })),
    ),
  ...linear,
};

/** Four elements, independent of the values. */
const range: Row = {
  op: "Range",
  cases: fc.constant({
    attributes: {},
    inputs: [
      variable([], { from: 0, to: 0.2 }),
      constant([3.6], [], "float"),
      variable([], { from: 0.96, to: 1.04 }),
    ],
    extents: { "len(node)": 4 },
  }),
  sizedByRun: true,
  ...linear,
};

export const indexing: readonly Row[] = [
  slice,
  gather,
  gatherElements,
  scatterElements,
  pad,
  oneHot,
  range,
];
