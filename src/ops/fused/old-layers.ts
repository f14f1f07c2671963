/**
 * Experimental ai.onnx operators that WinML's and CoreML's converters wrote before operator set 10, and ONNX Runtime's
 * names for standard operators.
 *
 * @see https://github.com/onnx/onnx/blob/rel-1.4.1/docs/Operators.md
 * @module
 */
import { channelsFirst, channelsLast } from "./channels-last.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { fromNumbers } from "../../tensor/tensor.js";
import { byDefinition } from "../core/by-definition.js";
import { microsoft } from "../core/domains.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { noAttrs } from "../core/heads.js";

/** The record of an operator with one input. */
function old<A>(
  type: string,
  role: OpSpec["role"],
  attrs: OpSpec<A>["attrs"],
  f: (b: GraphBuilder, n: NodeView<A>) => Value,
): OpSpec<A> {
  return byDefinition<A>({
    ...{ type, since: 1, arity: [1, 1], role, attrs },
    definition: (b, n) => [f(b, n)],
  });
}

/** The record of an alias of a standard operator. */
const alias = (type: string, op: string, arity: OpSpec["arity"]): OpSpec<Record<string, never>> =>
  byDefinition({
    ...{ type, domain: microsoft, since: 1, arity, role: "movement", attrs: noAttrs },
    definition: (b, n) => [b.op(op, n.inputs, n.node.attributes)],
  });

export const oldLayers: readonly OpSpec[] = [
  // y = scale·x + bias per channel
  old(
    "ImageScaler",
    "linear",
    (a) => ({ scale: a.float("scale", 1), bias: a.floats("bias") }),
    (b, n) => {
      const scaled = b.mulScalar(n.x(), n.attrs.scale, "scaled");
      const { bias } = n.attrs;
      if (!bias) return scaled;
      const wide = [
        1,
        bias.length,
        ...n
          .shape()
          .slice(2)
          .map(() => 1),
      ];
      return b.add(scaled, b.constant(fromNumbers(n.x().fact.dtype, wide, bias), "bias"));
    },
  ),
  // Crops a border [left, top, right, bottom]; with `scale`, crops to that size from left and top
  old(
    "Crop",
    "selection",
    (a) => ({ border: a.required("border", a.ints("border")), size: a.ints("scale") }),
    (b, n) => {
      const [left = 0, top = 0, right = 0, bottom = 0] = n.attrs.border;
      const [height, width] = n.shape().slice(2).map(Number);
      const [rows, columns] = n.attrs.size ?? [height! - top - bottom, width! - left - right];
      return b.slice(n.x(), [2, 3], [top, left], [top + rows!, left + columns!]);
    },
  ),
  // y = αx + β
  old(
    "Affine",
    "linear",
    (a) => ({ alpha: a.float("alpha", 1), beta: a.float("beta", 0) }),
    (b, n) => b.addScalar(b.mulScalar(n.x(), n.attrs.alpha), n.attrs.beta),
  ),
  // y = scale·x
  old(
    "Scale",
    "linear",
    (a) => ({ scale: a.float("scale", 1) }),
    (b, n) => b.mul(n.x(), b.scalar(n.attrs.scale, n.x())),
  ),
  // y = α·tanh(βx)
  old(
    "ScaledTanh",
    "gate",
    (a) => ({ alpha: a.float("alpha", 1), beta: a.float("beta", 1) }),
    (b, n) => b.mulScalar(b.op("Tanh", [b.mulScalar(n.x(), n.attrs.beta)]), n.attrs.alpha),
  ),
  // y = α·log(1 + e^βx)
  old(
    "ParametricSoftplus",
    "activation",
    (a) => ({ alpha: a.float("alpha", 1), beta: a.float("beta", 1) }),
    (b, n) => b.mulScalar(b.op("Softplus", [b.mulScalar(n.x(), n.attrs.beta)]), n.attrs.alpha),
  ),
  alias("Pad", "Pad", [2, 3]),
  alias("Trilu", "Trilu", [1, 2]),
  alias("GatherND", "GatherND", [2, 2]),
  byDefinition<Record<string, never>>({
    ...{ type: "ExpandDims", domain: microsoft, since: 1, arity: [2, 2], role: "reshaping" },
    attrs: noAttrs,
    definition: (b, n) => [b.op("Unsqueeze", [n.x(0), b.ints(n.numbers(1))])],
  }),
  // Max-pooling of [N,…spatial,C]
  byDefinition<Record<string, never>>({
    ...{ type: "NhwcMaxPool", domain: microsoft, since: 1, arity: [1, 1], role: "max-pooling" },
    attrs: noAttrs,
    definition: (b, n) => {
      const first = channelsFirst(b, n.x(), true);
      return [channelsLast(b, b.op("MaxPool", [first], n.node.attributes), true)];
    },
  }),
];
