/**
 * Integer matrix products and convolutions, computed in floats that hold the same integers.
 *
 * @module
 */
import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { byDefinition } from "../core/by-definition.js";
import { microsoft } from "../core/domains.js";
import type { AttrDecoder, OpSpec } from "../core/spec.js";
import { channelsFirst, channelsLast } from "../fused/channels-last.js";
import { convAttributes } from "../layers/window.js";
import { noAttrs } from "../core/heads.js";
import { asScalar, centred, quantized } from "./levels.js";
import { asInteger } from "./straight-through.js";

type None = Record<string, never>;

interface ChannelOrder {
  readonly channelsLast: boolean;
}

const windows: AttrDecoder<ChannelOrder> = (a) => ({
  channelsLast: a.flag("channels_last"),
});

/** One number per channel of [N,C,…], or one for all. */
function perChannel(b: GraphBuilder, v: Value, rank: number): Value {
  const one = asScalar(b, v);
  const [count] = one.fact.shape;
  return count === undefined
    ? one
    : b.reshape(one, [1, count, ...new Array<number>(rank - 2).fill(1)]);
}

/** One number for each row of a matrix, for each column, or one for all. */
function perRow(b: GraphBuilder, v: Value): Value {
  const one = asScalar(b, v);
  const [count] = one.fact.shape;
  return one.fact.shape.length === 1 ? b.reshape(one, [count!, 1]) : one;
}

/** s₁·s₂/s₃ as one number for each channel or column. */
function ratio(b: GraphBuilder, [first, second]: readonly [Value, Value], by?: Value): Value {
  const product = b.mul(asScalar(b, first), asScalar(b, second), "scales");
  return by ? b.div(product, asScalar(b, by), "ratio") : product;
}

// y = (x − zx) ∗ (w − zw), int32
const convInteger: OpSpec<None> = byDefinition({
  type: "ConvInteger",
  since: 10,
  arity: [2, 4],
  role: "convolution",
  attrs: noAttrs,
  definition: (b, n) => {
    const [x, w] = [centred(b, n.x(0), n.optional(2), 0), centred(b, n.x(1), n.optional(3), 0)];
    return [asInteger(b, b.op("Conv", [x, w], convAttributes(n), "sums"))];
  },
});

// y = round(((x − zx) ∗ (w − zw) + B)·sx·sw/sy) + zy, saturated
function qLinearConv(domain?: string): OpSpec<ChannelOrder> {
  return byDefinition({
    type: "QLinearConv",
    rounds: true,
    ...(domain === undefined ? {} : { domain }),
    since: domain === undefined ? 10 : 1,
    arity: [8, 9],
    role: "convolution",
    attrs: windows,
    definition: (b, n) => {
      const isLast = n.attrs.channelsLast;
      const x = channelsFirst(b, centred(b, n.x(0), n.x(2), 0, "x"), isLast);
      const w = centred(b, n.x(3), n.x(5), 0, "w");
      const shift = n.optional(8) && b.cast(n.x(8), "float32");
      const sums = b.op("Conv", [x, w, shift], convAttributes(n), "sums");
      const scales = perChannel(b, ratio(b, [n.x(1), n.x(4)], n.x(6)), n.rank());
      return [channelsLast(b, quantized(b, b.mul(sums, scales), n.x(7)), isLast)];
    },
  });
}

/** (a − za)·(b − zb), with a single zero point, or one per row of a and per column of b. */
function sumsOf(
  b: GraphBuilder,
  [first, zeroFirst]: readonly [Value, Value | undefined],
  [second, zeroSecond]: readonly [Value, Value | undefined],
): Value {
  const rows = centred(b, first, zeroFirst, first.fact.shape.length - 2, "a");
  const columns = centred(b, second, zeroSecond, second.fact.shape.length - 1, "b");
  return b.matmul(rows, columns, "sums");
}

// Y = (A − zA)·(B − zB), int32
const matMulInteger: OpSpec<None> = byDefinition({
  type: "MatMulInteger",
  since: 10,
  arity: [2, 4],
  role: "product",
  attrs: noAttrs,
  definition: (b, n) => [asInteger(b, sumsOf(b, [n.x(0), n.optional(2)], [n.x(1), n.optional(3)]))],
});

// Y = round((A − zA)·(B − zB)·sA·sB/sY) + zY, saturated
const qLinearMatMul: OpSpec<None> = byDefinition({
  type: "QLinearMatMul",
  rounds: true,
  since: 10,
  arity: [8, 8],
  role: "product",
  attrs: noAttrs,
  definition: (b, n) => {
    const sums = sumsOf(b, [n.x(0), n.x(2)], [n.x(3), n.x(5)]);
    const scales = ratio(b, [perRow(b, n.x(1)), n.x(4)], n.x(6));
    return [quantized(b, b.mul(sums, scales), n.x(7))];
  },
});

// Y = (α·sA·sB)·((A − zA)'·(B − zB)' + C), rounded to levels if sY is given
const qGemm: OpSpec<{ alpha: number }> = byDefinition({
  type: "QGemm",
  rounds: true,
  domain: microsoft,
  since: 1,
  arity: [6, 9],
  role: "product",
  attrs: (a) => ({ alpha: a.float("alpha", 1) }),
  definition: (b, n) => {
    const { transA, transB } = n.node.attributes;
    const columns = transB?.type === "int" && transB.value !== 0 ? 0 : 1;
    const [x, w] = [centred(b, n.x(0), n.x(2), 0, "a"), centred(b, n.x(3), n.x(5), columns, "b")];
    const shift = n.optional(6) && b.cast(n.x(6), "float32");
    const turned = { transA: transA ?? int(0), transB: transB ?? int(0) };
    const sums = b.op("Gemm", [x, w, shift], turned, "sums");
    const scales = b.mulScalar(ratio(b, [n.x(1), n.x(4)], n.optional(7)), n.attrs.alpha);
    const y = b.mul(sums, scales, "y");
    return [n.optional(7) ? quantized(b, y, n.optional(8)) : y];
  },
});

/** sums·scales + bias */
function scaled(b: GraphBuilder, sums: Value, scales: Value, bias: Value | undefined): Value {
  const y = b.mul(sums, scales, "y");
  return bias ? b.add(y, bias, "y/shifted") : y;
}

// Y = (A − zA)·(B − zB)·sA·sB + bias, as floats
const matMulIntegerToFloat: OpSpec<None> = byDefinition({
  type: "MatMulIntegerToFloat",
  domain: microsoft,
  since: 1,
  arity: [4, 7],
  role: "product",
  attrs: noAttrs,
  definition: (b, n) => {
    const sums = sumsOf(b, [n.x(0), n.optional(4)], [n.x(1), n.optional(5)]);
    return [scaled(b, sums, ratio(b, [perRow(b, n.x(2)), n.x(3)]), n.optional(6))];
  },
});

// Y = (A' − z)·(B − zB)·s·sB + bias, where A', s and z are the outputs of DynamicQuantizeLinear(A)
const dynamicQuantizeMatMul: OpSpec<None> = byDefinition({
  type: "DynamicQuantizeMatMul",
  rounds: true,
  domain: microsoft,
  since: 1,
  arity: [3, 5],
  role: "product",
  attrs: noAttrs,
  definition: (b, n) => {
    const [levels, scale, zero] = b.call("DynamicQuantizeLinear", [n.x(0)], {}, { outputs: 3 });
    const sums = sumsOf(b, [levels!, zero], [n.x(1), n.optional(3)]);
    return [scaled(b, sums, ratio(b, [scale!, n.x(2)]), n.optional(4))];
  },
});

export const integerProducts: readonly OpSpec[] = [
  convInteger,
  qLinearConv(),
  qLinearConv(microsoft),
  matMulInteger,
  qLinearMatMul,
  qGemm,
  matMulIntegerToFloat,
  dynamicQuantizeMatMul,
];
