import { noAxes, sameAxes } from "../core/axis-mapping.js";
import { dtypeOf } from "../../onnx/file/element-types.js";
import { factOf, maxFactElements } from "../../onnx/facts.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Fact, Value } from "../../onnx/ir.js";
import { isFloat, type DType } from "../../tensor/dtype.js";
import { multiplyDims, normalizeAxis, sizeOf, type Dim } from "../../tensor/shape.js";
import { toNumbers, type Tensor } from "../../tensor/tensor.js";
import { isSmall, roundTo, withElements } from "../core/elements.js";
import { positionsAlong } from "../core/along-axis.js";
import { elementwise, flowsNowhere, noAttrs, type NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

// The extents of a tensor from `start` to `end`, as integers.
const shape: OpSpec<{ start: number; end: number | undefined }> = {
  type: "Shape",
  since: 15,
  arity: [1, 1],
  role: "size",
  axes: noAxes,
  attrs: (a) => ({ start: a.int("start", 0), end: a.int("end") }),
  infer: (n) => {
    const dims = n.shape().slice(n.attrs.start, n.attrs.end);
    return [{ dtype: "int64", shape: [dims.length], elements: dims }];
  },
  ...flowsNowhere,
};

const size: OpSpec<NoAttrs> = {
  type: "Size",
  since: 1,
  arity: [1, 1],
  role: "size",
  axes: noAxes,
  attrs: noAttrs,
  infer: (n) => [{ dtype: "int64", shape: [], elements: [multiplyDims(...n.shape())] }],
  ...flowsNowhere,
};

const constantOfShape: OpSpec<{ value: Tensor | undefined }> = {
  type: "ConstantOfShape",
  since: 9,
  arity: [1, 1],
  role: "constant",
  axes: noAxes,
  attrs: (a) => ({ value: a.tensor("value") }),
  infer: (n) => {
    const dims = n.elements(0);
    if (!dims) throw n.error("the shape must be known");
    const fill = n.attrs.value;
    const fact: Fact = { dtype: fill?.dtype ?? "float32", shape: dims };
    if (!isSmall(dims) || isFloat(fact.dtype) || fact.dtype === "string") return [fact];
    const element = fill ? toNumbers(fill)[0] : 0;
    if (element === undefined) throw n.error('its attribute "value" is empty');
    return [withElements(fact, new Array<Dim>(sizeOf(dims)).fill(element))];
  },
  ...flowsNowhere,
};

// y_i = start + i·delta, as many as stay below the limit. dstart = Σ dy, ddelta = Σ i·dy; the limit only counts.
const range: OpSpec<NoAttrs> = {
  type: "Range",
  since: 11,
  arity: [3, 3],
  role: "constant",
  axes: noAxes,
  newer: ["stash_type"],
  attrs: noAttrs,
  infer: (n) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => n.elements(i)?.[0]);
    if (typeof start !== "number" || typeof limit !== "number" || typeof delta !== "number") {
      const open = start === 0 && delta === 1 && limit !== undefined ? limit : `len(${n.name})`;
      return [n.like([open])];
    }
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    const elements =
      count <= maxFactElements
        ? Array.from({ length: count }, (_, i) => start + i * delta)
        : undefined;
    return [withElements(n.like([count]), elements)];
  },
  vjp: (b, n, [dy]) => [
    () => b.reshapeLike(b.sum(dy!), n.x(0), "dstart"),
    "integer",
    () => b.reshapeLike(b.sum(b.mul(dy!, steps(b, n))), n.x(2), "ddelta"),
  ],
  bias: (n) => {
    const [start, delta] = [n.isActive(0), n.isActive(2)];
    if (start && delta) return "none";
    return {
      kind: "constant",
      emit: (b) => (start ? b.sub(n.y(), n.x(0), "bias") : delta ? n.x(0) : n.y()),
    };
  },
};

/** 0, 1, 2 … as many as a Range has. */
function steps(b: GraphBuilder, n: NodeView<NoAttrs>): Value {
  return b.op("Round", [b.div(b.sub(n.y(), n.x(0)), n.x(2))], {}, "steps");
}

// y = x in another type; dx = dy in the type of x. To an integer or a boolean: a step.
const cast: OpSpec<{ to: DType }> = {
  type: "Cast",
  since: 6,
  arity: [1, 1],
  role: "cast",
  axes: sameAxes,
  newer: ["saturate", "round_mode"],
  attrs: (a) => {
    const code = a.required("to", a.int("to"));
    return {
      to: a.required(`to" (element type ${code}) of a supported type; "to`, dtypeOf(code)),
    };
  },
  pointwise: true,
  infer: (n) => {
    const { to } = n.attrs;
    const fact: Fact = { dtype: to, shape: n.shape() };
    return [
      withElements(
        fact,
        n.elements(0)?.map((e) => roundTo(to, e)),
      ),
    ];
  },
  vjp: (b, n, [dy]) => [() => b.cast(dy!, n.x().fact.dtype, "dx")],
  bias: () => "none",
};

const castLike: OpSpec<NoAttrs> = {
  type: "CastLike",
  since: 15,
  arity: [2, 2],
  role: "cast",
  axes: sameAxes,
  newer: true,
  attrs: noAttrs,
  pointwise: true,
  infer: (n) => {
    const to = n.x(1).fact.dtype;
    return [
      withElements(
        { dtype: to, shape: n.shape() },
        n.elements(0)?.map((e) => roundTo(to, e)),
      ),
    ];
  },
  definition: (b, n) => [b.cast(n.x(), n.x(1).fact.dtype)],
  vjp: (b, n, [dy]) => [() => b.cast(dy!, n.x().fact.dtype, "dx"), "integer"],
  // Only the type of the second input is read: where that alone depends on the image, y does not.
  bias: (n) => (n.isActive(0) ? "none" : { kind: "constant", emit: () => n.y() }),
};

/** y = x. */
function identity(type: string, since: number): OpSpec<NoAttrs> {
  return {
    type,
    since,
    arity: [1, 1],
    role: "identity",
    ...elementwise,
    infer: (n) => [n.x().fact],
    vjp: (_b, _n, [dy]) => [() => dy!],
    bias: () => "none",
  };
}

/** True if elements are dropped, or may be. */
function drops(n: NodeView<NoAttrs>): boolean {
  return n.optional(2) !== undefined && n.elements(2)?.[0] !== 0 && n.elements(1)?.[0] !== 0;
}

// In inference y = x; the optional mask output is all true.
const dropout: OpSpec<NoAttrs> = {
  ...identity("Dropout", 12),
  arity: [1, 3],
  infer: (n) => {
    const mask: Fact = { dtype: "bool", shape: n.shape() };
    return [drops(n) ? n.like(n.shape()) : n.x().fact, mask];
  },
  vjp: (_b, n, [dy]) => {
    if (drops(n)) throw n.refusal("training_mode is on; export the model in evaluation mode");
    return [() => dy!, "constant", "integer"];
  },
};

// The importer turns Constant nodes into constants; the record serves graphs built by other means.
const constant: OpSpec<{ value: Tensor }> = {
  type: "Constant",
  since: 1,
  arity: [0, 0],
  role: "constant",
  axes: noAxes,
  attrs: (a) => ({ value: a.required("value", a.tensor("value")) }),
  infer: (n) => [factOf(n.attrs.value)],
  ...flowsNowhere,
};

// Ones on one diagonal of a matrix, zeros elsewhere.
const eyeLike: OpSpec<{ dtype: DType | undefined; k: number }> = {
  type: "EyeLike",
  since: 9,
  arity: [1, 1],
  role: "size",
  axes: noAxes,
  attrs: (a) => ({ dtype: dtypeOf(a.int("dtype", 0)), k: a.int("k", 0) }),
  infer: (n) => [{ dtype: n.attrs.dtype ?? n.x().fact.dtype, shape: n.shape() }],
  definition: (b, n) => {
    const [row, column] = [0, 1].map((axis) => positionsAlong(b, n.x(), axis));
    return [b.cast(b.op("Equal", [column!, b.addScalar(row!, n.attrs.k)]), n.y().fact.dtype)];
  },
  ...flowsNowhere,
};

export interface ArgExtremeAttrs {
  readonly axis: number;
  readonly keepdims: boolean;
  /** On ties the last one counts, not the first. */
  readonly last: boolean;
}

/** The position of the extreme along an axis. */
function argExtreme(type: string): OpSpec<ArgExtremeAttrs> {
  return {
    type,
    since: 13,
    arity: [1, 1],
    role: "step",
    axes: (n) => ({ kind: "reduced", axes: [normalizeAxis(n.attrs.axis, n.rank())] }),
    reads: { scores: [0] },
    attrs: (a) => ({
      axis: a.int("axis", 0),
      keepdims: a.flag("keepdims", true),
      last: a.flag("select_last_index"),
    }),
    infer: (n) => {
      const axis = normalizeAxis(n.attrs.axis, n.rank());
      const dims = n.shape().flatMap((d, i) => (i !== axis ? [d] : n.attrs.keepdims ? [1] : []));
      return [{ dtype: "int64", shape: dims }];
    },
    ...flowsNowhere,
  };
}

export const shapeArithmetic: readonly OpSpec[] = [
  shape,
  size,
  constantOfShape,
  range,
  cast,
  castLike,
  identity("Identity", 1),
  dropout,
  constant,
  eyeLike,
  argExtreme("ArgMax"),
  argExtreme("ArgMin"),
];
