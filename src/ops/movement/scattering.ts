import { sameAxes } from "../core/axis-mapping.js";
import { int, text } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Attributes, Value } from "../../onnx/ir.js";
import type { AttributeReader } from "../core/attributes.js";
import type { NodeView } from "../core/node-view.js";
import type { BiasRule, OpSpec, Vjp } from "../core/spec.js";

const reductions = ["none", "add", "mul", "max", "min"] as const;
type Reduction = (typeof reductions)[number];

interface ScatterAttrs {
  readonly reduction: Reduction;
  readonly axis: number;
}

type View = NodeView<ScatterAttrs>;

const reductionOf = (a: AttributeReader): Reduction => a.word("reduction", reductions, "none");

/** Writes updates at the indices of a node, and reads the elements at them. */
interface Scatter {
  put(b: GraphBuilder, data: Value, updates: Value, reduction: Reduction, hint?: string): Value;
  read(b: GraphBuilder, data: Value, hint?: string): Value;
}

function scatterOf({ node, attrs }: View, indices: Value): Scatter {
  const isND = node.op === "ScatterND";
  const axis: Attributes = isND ? {} : { axis: int(attrs.axis) };
  return {
    put: (b, data, updates, reduction, hint) => {
      const attributes = reduction === "none" ? axis : { ...axis, reduction: text(reduction) };
      return b.op(node.op, [data, indices, updates], attributes, hint);
    },
    read: (b, data, hint) =>
      b.op(isND ? "GatherND" : "GatherElements", [data, indices], axis, hint),
  };
}

// y = data with updates written, added (multiplied, compared) at indices.
// none: ddata = dy, 0 where written; dupdates = dy at the indices. add: ddata = dy.
// mul: each factor's gradient is dy times the product of the others.
// max, min: the elements equal to y share dy evenly, as in PyTorch's scatter_reduce.
const vjp: Vjp<ScatterAttrs> = (b, n, [dy]) => {
  const scatter = scatterOf(n, n.x(1));
  switch (n.attrs.reduction) {
    case "none":
      return [
        () => scatter.put(b, dy!, b.zerosLike(n.x(2)), "none", "ddata"),
        "integer",
        () => scatter.read(b, dy!, "dupdates"),
      ];
    case "add":
      return [() => dy!, "integer", () => scatter.read(b, dy!, "dupdates")];
    case "mul":
      return [
        () => b.mul(dy!, scatter.put(b, onesLike(b, n.x(0)), n.x(2), "mul"), "ddata"),
        "integer",
        () => b.mul(scatter.read(b, dy!), otherFactors(b, n, scatter), "dupdates"),
      ];
    case "max":
    case "min":
      return [
        () => b.mul(isExtreme(b, n, scatter).data, b.div(dy!, shares(b, n, scatter)), "ddata"),
        "integer",
        () => {
          const share = b.div(dy!, shares(b, n, scatter));
          return b.mul(isExtreme(b, n, scatter).updates, scatter.read(b, share), "dupdates");
        },
      ];
  }
};

/** For each update, the product of data and the other updates at its index; 0 is replaced by 1 where it is the only 0. */
function otherFactors(b: GraphBuilder, n: View, scatter: Scatter): Value {
  const [data, updates] = [n.x(0), n.x(2)];
  const isZero = b.op("Equal", [updates, b.scalar(0, updates)]);
  const zeros = scatter.put(b, b.zerosLike(data), b.mask(isZero, updates), "add", "zeros");
  const isOnly = b.op("And", [
    isZero,
    b.op("Equal", [scatter.read(b, zeros), b.scalar(1, updates)]),
  ]);
  const one = b.scalar(1, updates);
  const withoutZero = scatter.put(b, data, b.where(isOnly, one, updates), "mul");
  const product = b.where(isOnly, scatter.read(b, withoutZero), scatter.read(b, n.y()));
  return b.div(product, b.where(isZero, one, updates), "others");
}

const onesLike = (b: GraphBuilder, x: Value): Value => b.addScalar(b.zerosLike(x), 1);

/** 1 where an element of data and of the updates equals the extreme at its place. */
function isExtreme(
  b: GraphBuilder,
  n: View,
  scatter: Scatter,
): { readonly data: Value; readonly updates: Value } {
  const equals = (p: Value, q: Value): Value => b.mask(b.op("Equal", [p, q]), p);
  return { data: equals(n.x(0), n.y()), updates: equals(n.x(2), scatter.read(b, n.y())) };
}

/** How many elements equal the extreme at each place. */
function shares(b: GraphBuilder, n: View, scatter: Scatter): Value {
  const { data, updates } = isExtreme(b, n, scatter);
  return scatter.put(b, data, updates, "add", "shares");
}

// y − J·x. none, add: the constant operand, in its positions. mul, max, min are homogeneous in both operands together, and y is
// divided among the k factors (k·y − y is left), or among the elements that equal it.
function bias(n: View): BiasRule {
  const [data, updates] = [n.isActive(0), n.isActive(2)];
  const { reduction } = n.attrs;
  if (reduction !== "mul" && data && updates) return "none";
  return {
    kind: reduction === "none" || reduction === "add" ? "constant" : "implicit",
    emit: (b) => {
      const scatter = scatterOf(n, n.x(1));
      const [x, u] = [n.x(0), n.x(2)];
      if (reduction === "none" || reduction === "add") {
        const own = [data ? b.zerosLike(x) : x, updates ? b.zerosLike(u) : u] as const;
        return scatter.put(b, ...own, reduction, "bias");
      }
      if (reduction === "mul") {
        // 1 − the number of active factors.
        const start = data ? b.zerosLike(x) : onesLike(b, x);
        const count = updates ? scatter.put(b, start, b.neg(onesLike(b, u)), "add") : start;
        return b.mul(n.y(), count, "bias");
      }
      const is = isExtreme(b, n, scatter);
      const still = data ? scatter.put(b, b.zerosLike(x), is.updates, "add") : is.data;
      return b.mul(n.y(), b.div(still, shares(b, n, scatter)), "bias");
    },
  };
}

const shared = {
  since: 16,
  arity: [3, 3],
  role: "join",
  axes: sameAxes,
  infer: (n: View) => [n.like(n.shape())],
  vjp,
  bias,
} as const;

export const scattering: readonly OpSpec[] = [
  {
    ...shared,
    type: "ScatterElements",
    attrs: (a) => ({ axis: a.int("axis", 0), reduction: reductionOf(a) }),
  } satisfies OpSpec<ScatterAttrs>,
  {
    ...shared,
    type: "ScatterND",
    attrs: (a) => ({ axis: 0, reduction: reductionOf(a) }),
  } satisfies OpSpec<ScatterAttrs>,
];
