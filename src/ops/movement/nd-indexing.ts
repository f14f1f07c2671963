import { axesAlong, noAxes, sameAxes } from "../core/axis-mapping.js";
import { int, text } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { isStatic, normalizeAxis, sizeOf, staticShape, stridesOf } from "../../tensor/shape.js";
import { checkMade, int64 } from "../../tensor/tensor.js";
import { positionsAlong } from "../core/along-axis.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

const adding = { reduction: text("add") };

/** The length of the index tuples. */
function tupleLength(n: NodeView): number {
  const length = n.shape(1).at(-1);
  if (typeof length !== "number") throw n.error("the last extent of the indices must be fixed");
  return length;
}

// y[b…, i…] = x[b…, indices[b…, i…]…]: slices selected by tuples of indices; dx adds dy at the positions read
const gatherND: OpSpec<{ batchDims: number }> = {
  type: "GatherND",
  since: 12,
  arity: [2, 2],
  role: "selection",
  axes: noAxes,
  attrs: (a) => ({ batchDims: a.int("batch_dims", 0) }),
  infer: (n) => {
    const { batchDims } = n.attrs;
    if (batchDims < 0 || batchDims + tupleLength(n) > n.rank() || batchDims >= n.rank(1)) {
      throw n.error(
        `indices of ${tupleLength(n)} and batch_dims ${batchDims} do not fit ranks ${n.rank()}, ${n.rank(1)}`,
      );
    }
    const picked = n.shape(1).slice(batchDims, -1);
    const slices = n.shape().slice(batchDims + tupleLength(n));
    return [n.like([...n.shape().slice(0, batchDims), ...picked, ...slices])];
  },
  vjp: (b, n, [dy]) => [
    () => b.op("ScatterND", [b.zerosLike(n.x()), wholeTuples(b, n), dy!], adding, "dx"),
    "integer",
  ],
  bias: () => "none",
};

/** The index tuples prefixed with the batch indices: ScatterND has no batch axes. */
function wholeTuples(b: GraphBuilder, n: NodeView<{ batchDims: number }>): Value {
  const { batchDims } = n.attrs;
  if (batchDims === 0) return n.x(1);
  const dims = staticShape(n.shape(1).slice(0, -1), `the indices of "${n.name}"`);
  checkMade([...dims, batchDims], `for GatherND (node "${n.name}") batch indices`);
  const strides = stridesOf(dims);
  const tuples = Array.from({ length: sizeOf(dims) * batchDims }, (_, at) => {
    const [place, axis] = [Math.floor(at / batchDims), at % batchDims];
    return Math.floor(place / strides[axis]!) % dims[axis]!;
  });
  const batch = b.constant(int64(tuples, [...dims, batchDims]), "batch indices");
  return b.concat([batch, b.cast(n.x(1), "int64")], dims.length);
}

export interface TopKAttrs {
  readonly axis: number;
  readonly largest: boolean;
}

// The k largest (or smallest) elements along an axis, with their indices; dx = dy at those indices. Selection is
// linear.
const topK: OpSpec<TopKAttrs> = {
  type: "TopK",
  since: 11,
  arity: [2, 2],
  role: "selection",
  axes: (n) => ({ kind: "replaced", axis: normalizeAxis(n.attrs.axis, n.rank()), by: 1 }),
  reads: { scores: [0] },
  attrs: (a) => ({ axis: a.int("axis", -1), largest: a.flag("largest", true) }),
  infer: (n) => {
    const axis = n.attrs.axis < 0 ? n.attrs.axis + n.rank() : n.attrs.axis;
    const k = n.elements(1)?.[0] ?? `k(${n.name})`;
    const dims = n.shape().map((d, i) => (i === axis ? k : d));
    return [n.like(dims), { dtype: "int64", shape: dims }];
  },
  pick: (b, n, elements) =>
    b.op("GatherElements", [elements, n.y(1)], { axis: int(n.attrs.axis) }, "picked"),
  vjp: (b, n, [dy]) => [
    () => {
      if (!dy) throw n.refusal("its Indices output has no gradient; Values has");
      const axis = { axis: int(n.attrs.axis) };
      return b.op("ScatterElements", [b.zerosLike(n.x()), n.y(1), dy], axis, "dx");
    },
    "integer",
  ],
  bias: () => "none",
};

export interface CumSumAttrs {
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

// y_i = Σ_{j ≤ i} x_j along an axis; dx = the cumulative sum of dy from the other end
const cumSum: OpSpec<CumSumAttrs> = {
  type: "CumSum",
  since: 11,
  arity: [2, 2],
  role: "linear",
  axes: (n) => {
    const axis = n.elements(1)?.[0];
    const any = n.shape().map((_, i) => i);
    return axesAlong(typeof axis === "number" ? [normalizeAxis(axis, n.rank())] : any);
  },
  attrs: (a) => ({ exclusive: a.flag("exclusive"), reverse: a.flag("reverse") }),
  infer: (n) => {
    const fact = n.like(n.shape());
    const elements = n.elements(0);
    const plain = !n.attrs.exclusive && !n.attrs.reverse && n.rank() === 1;
    if (!plain || !elements?.every((e) => typeof e === "number") || !isStatic(n.shape()))
      return [fact];
    let total = 0;
    return [{ ...fact, elements: elements.map((e) => (total += e)) }];
  },
  vjp: (b, n, [dy]) => [
    () => {
      const attributes = {
        exclusive: int(n.attrs.exclusive ? 1 : 0),
        reverse: int(n.attrs.reverse ? 0 : 1),
      };
      return b.op("CumSum", [dy!, n.x(1)], attributes, "dx");
    },
    "integer",
  ],
  bias: () => "none",
};

/** A linear operator that is its own adjoint: dx is the operator applied to dy. */
function selfAdjoint<A>(
  record: Pick<OpSpec<A>, "type" | "since" | "arity" | "role" | "attrs" | "definition"> &
    Partial<Pick<OpSpec<A>, "axes">>,
): OpSpec<A> {
  return {
    axes: sameAxes,
    ...record,
    infer: (n) => [n.like(n.shape())],
    vjp: (b, n, [dy]) => [
      () => b.op(record.type, [dy!, ...n.inputs.slice(1)], n.node.attributes, "dx"),
      ...n.inputs.slice(1).map(() => "integer" as const),
    ],
    bias: () => "none",
  };
}

// The upper or lower triangle of matrices, from diagonal k on; 0 elsewhere.
const trilu = selfAdjoint<{ upper: boolean }>({
  type: "Trilu",
  since: 14,
  arity: [1, 2],
  role: "selection",
  attrs: (a) => ({ upper: a.flag("upper", true) }),
  definition: (b, n) => {
    const [row, column] = [n.rank() - 2, n.rank() - 1].map((axis) =>
      positionsAlong(b, n.x(), axis),
    );
    const diagonal = b.addScalar(row!, n.optionalNumbers(1)?.[0] ?? 0);
    const order = n.attrs.upper ? "GreaterOrEqual" : "LessOrEqual";
    return [b.where(b.op(order, [column!, diagonal]), n.x(), b.scalar(0, n.x()))];
  },
});

// Reverses the first steps of each sequence, up to its length.
const reverseSequence = selfAdjoint<{ batchAxis: number; timeAxis: number }>({
  type: "ReverseSequence",
  since: 10,
  arity: [2, 2],
  role: "movement",
  axes: (n) => axesAlong([n.attrs.timeAxis]),
  attrs: (a) => ({ batchAxis: a.int("batch_axis", 1), timeAxis: a.int("time_axis", 0) }),
  definition: (b, n) => {
    const { batchAxis, timeAxis } = n.attrs;
    const [steps] = staticShape([n.shape()[timeAxis]!], `the time axis of "${n.name}"`);
    const rows = n.numbers(1).map((length, i) => {
      const order = Array.from({ length: steps! }, (_, t) => (t < length ? length - 1 - t : t));
      const row = b.slice(n.x(), [batchAxis], [i], [i + 1]);
      return b.op("Gather", [row, b.ints(order)], { axis: int(timeAxis) });
    });
    return [b.concat(rows, batchAxis)];
  },
});

export const ndIndexing: readonly OpSpec[] = [gatherND, topK, cumSum, trilu, reverseSequence];
