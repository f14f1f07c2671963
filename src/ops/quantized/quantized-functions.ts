/**
 * Functions from levels to levels (com.microsoft): dequantized, computed, rounded.
 *
 * @module
 */
import { float, int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Attributes, Value } from "../../onnx/ir.js";
import { byDefinition } from "../core/by-definition.js";
import { microsoft } from "../core/domains.js";
import type { NodeView } from "../core/node-view.js";
import type { Role } from "../core/role.js";
import type { Arity, AttrDecoder, OpSpec } from "../core/spec.js";
import { channelsFirst, channelsLast } from "../fused/channels-last.js";
import { noAttrs } from "../core/heads.js";
import { asScalar, dequantized, quantized } from "./levels.js";

/** Input indices of levels, their scale and zero point, and of the output's scale and zero point. */
interface Positions {
  readonly operands: readonly (readonly [levels: number, scale: number, zero: number])[];
  readonly result: readonly [scale: number, zero: number];
}

const one: Positions = { operands: [[0, 1, 2]], result: [3, 4] };
const two: Positions = {
  operands: [
    [0, 1, 2],
    [3, 4, 5],
  ],
  result: [6, 7],
};

/** round(f((x − zx)·sx, …)/sy) + zy, saturated */
function quantizedFunction<A>(record: {
  readonly type: string;
  readonly arity: Arity;
  readonly role: Role;
  readonly attrs: AttrDecoder<A>;
  readonly positions?: Positions;
  f(b: GraphBuilder, operands: readonly Value[], n: NodeView<A>): Value;
}): OpSpec<A> {
  const { type, arity, role, attrs, positions = one } = record;
  return byDefinition<A>({
    ...{ type, arity, role, attrs },
    domain: microsoft,
    since: 1,
    rounds: true,
    definition: (b, n) => {
      const operands = positions.operands.map(([levels, scale, zero]) =>
        dequantized(b, n.x(levels), n.x(scale), n.optional(zero)),
      );
      const [scale, zero] = positions.result;
      return [
        quantized(b, b.div(record.f(b, operands, n), asScalar(b, n.x(scale))), n.optional(zero)),
      ];
    },
  });
}

/** Selects attributes of a node by name. */
const some = (n: NodeView, ...names: readonly string[]): Attributes =>
  Object.fromEntries(Object.entries(n.node.attributes).filter(([key]) => names.includes(key)));

const poolNames = ["auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"];

const lastFlag: AttrDecoder<{ isLast: boolean }> = (a) => ({ isLast: a.flag("channels_last") });

/** Applies a pool to channels-first or channels-last input. */
function pooled(b: GraphBuilder, x: Value, isLast: boolean, pool: (first: Value) => Value): Value {
  return channelsLast(b, pool(channelsFirst(b, x, isLast)), isLast);
}

// Y = round(concatenation of the dequantized inputs along an axis). Inputs: the output's scale and zero point, then
// levels, scale and zero point of each.
const concat: OpSpec<{ axis: number }> = byDefinition({
  type: "QLinearConcat",
  domain: microsoft,
  since: 1,
  arity: [5, Infinity],
  rounds: true,
  role: "join",
  attrs: (a) => ({ axis: a.required("axis", a.int("axis")) }),
  definition: (b, n) => {
    if ((n.inputs.length - 2) % 3 !== 0) {
      throw n.error(
        "after the output's scale and zero point it takes levels, scale and zero point of each input",
      );
    }
    const operands = Array.from({ length: (n.inputs.length - 2) / 3 }, (_, k) =>
      dequantized(b, n.x(3 * k + 2), n.x(3 * k + 3), n.x(3 * k + 4)),
    );
    const joined = b.op("Concat", operands, { axis: int(n.attrs.axis) });
    return [quantized(b, b.div(joined, asScalar(b, n.x(0))), n.x(1))];
  },
});

export const quantizedFunctions: readonly OpSpec[] = [
  quantizedFunction({
    ...{ type: "QLinearAdd", arity: [2, 8], role: "linear", attrs: noAttrs, positions: two },
    f: (b, [p, q]) => b.add(p!, q!),
  }),
  quantizedFunction({
    ...{
      type: "QLinearMul",
      arity: [2, 8],
      role: "multiplication",
      attrs: noAttrs,
      positions: two,
    },
    f: (b, [p, q]) => b.mul(p!, q!),
  }),
  quantizedFunction({
    ...{ type: "QLinearSigmoid", arity: [2, 5], role: "gate", attrs: noAttrs },
    f: (b, [x]) => b.op("Sigmoid", [x]),
  }),
  quantizedFunction({
    ...{ type: "QLinearLeakyRelu", arity: [2, 5], role: "activation" },
    attrs: (a) => ({ alpha: a.float("alpha", 0.01) }),
    f: (b, [x], n) => b.op("LeakyRelu", [x], { alpha: float(n.attrs.alpha) }),
  }),
  // Before operator set 13, Softmax normalized over all axes from `axis` on.
  quantizedFunction({
    ...{ type: "QLinearSoftmax", arity: [2, 5], role: "gate" },
    attrs: (a) => ({ axis: a.int("axis", -1), opset: a.int("opset", 13) }),
    f: (b, [x], n) => {
      const { axis, opset } = n.attrs;
      const isLast = axis === -1 || axis === n.rank() - 1;
      if (opset >= 13 || isLast) return b.op("Softmax", [x], { axis: int(axis) });
      const rows = b.op("Flatten", [x], { axis: int(axis) });
      return b.reshapeLike(b.op("Softmax", [rows], { axis: int(-1) }), x!);
    },
  }),
  quantizedFunction({
    ...{ type: "QLinearGlobalAveragePool", arity: [5, 5], role: "linear", attrs: lastFlag },
    f: (b, [x], n) => pooled(b, x!, n.attrs.isLast, (first) => b.op("GlobalAveragePool", [first])),
  }),
  quantizedFunction({
    ...{ type: "QLinearAveragePool", arity: [2, 5], role: "linear", attrs: lastFlag },
    f: (b, [x], n) =>
      pooled(b, x!, n.attrs.isLast, (first) => b.op("AveragePool", [first], some(n, ...poolNames))),
  }),
  quantizedFunction({
    ...{ type: "QLinearReduceMean", arity: [2, 5], role: "linear" },
    attrs: (a) => ({ axes: a.ints("axes"), keepdims: a.int("keepdims", 1) }),
    f: (b, [x], n) => {
      const axes = n.attrs.axes && b.ints(n.attrs.axes);
      return b.op("ReduceMean", [x, axes], { keepdims: int(n.attrs.keepdims) });
    },
  }),
  quantizedFunction({
    ...{ type: "QLinearWhere", arity: [9, 9], role: "choice", attrs: noAttrs },
    positions: {
      operands: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      result: [7, 8],
    },
    f: (b, [p, q], n) => b.where(n.x(0), p!, q!),
  }),
  concat,
];
