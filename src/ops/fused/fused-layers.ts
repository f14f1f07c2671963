/**
 * Layers that ONNX Runtime's optimizer fused with their neighbours (com.microsoft).
 *
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 * @module
 */

import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { byDefinition } from "../core/by-definition.js";
import type { AttributeReader } from "../core/attributes.js";
import { microsoft } from "../core/domains.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { convAttributes } from "../layers/window.js";
import { channelsFirst, channelsLast } from "./channels-last.js";
import { fusedActivation } from "./fused-activation.js";

interface Activated {
  /** "" if there is none. */
  readonly activation: string;
  readonly parameters: readonly (number | undefined)[];
}

const convActivation = (a: AttributeReader): Activated => ({
  activation: a.text("activation", ""),
  parameters: a.floats("activation_params") ?? [],
});

// Y = act(W ∗ X + B + Z); X, Y and Z have their channels last if `isLast`
function fusedConv(type: string, isLast: boolean): OpSpec<Activated> {
  return byDefinition<Activated>({
    type,
    domain: microsoft,
    since: 1,
    arity: [2, 4],
    role: "convolution",
    attrs: convActivation,
    definition: (b, n) => {
      const inputs = [channelsFirst(b, n.x(0), isLast), n.x(1), n.optional(2)];
      const sums = b.op("Conv", inputs, convAttributes(n), "conv");
      const z = n.optional(3);
      const both = z ? b.add(sums, channelsFirst(b, z, isLast), "sum") : sums;
      const { activation, parameters } = n.attrs;
      return [channelsLast(b, fusedActivation(b, n, both, activation, parameters), isLast)];
    },
  });
}

// Y = act(α·A'·B' + β·C)
const fusedGemm: OpSpec<Activated> = byDefinition<Activated>({
  type: "FusedGemm",
  domain: microsoft,
  since: 1,
  arity: [2, 3],
  role: "product",
  attrs: (a) => {
    const given = (name: string): number | undefined =>
      a.has(name) ? a.float(name, 0) : undefined;
    const parameters = ["alpha", "beta", "gamma"].map((name) => given(`activation_${name}`));
    return { activation: a.text("activation", ""), parameters };
  },
  definition: (b, n) => {
    const own = ["alpha", "beta", "transA", "transB"];
    const attributes = Object.entries(n.node.attributes).filter(([name]) => own.includes(name));
    const inputs = [n.x(0), n.x(1), n.optional(2)];
    const sums = b.op("Gemm", inputs, Object.fromEntries(attributes), "gemm");
    const { activation, parameters } = n.attrs;
    // A Selu has parameters α and γ, an Elu only α.
    const [alpha, beta, gamma] = parameters;
    const second = activation === "Selu" ? gamma : beta;
    return [fusedActivation(b, n, sums, activation, [alpha, second])];
  },
});

interface MatMulAttrs {
  readonly alpha: number;
  /** For each factor: whether its last two axes are swapped, and whether its rows are on axis 0, before the batch. */
  readonly turned: readonly [boolean, boolean];
  readonly batchTurned: readonly [boolean, boolean];
}

/** A factor as [batch…, rows, columns]. */
function factor(b: GraphBuilder, n: NodeView<MatMulAttrs>, i: 0 | 1): Value {
  const rank = n.rank(i);
  const axes = Array.from({ length: rank }, (_, k) => k);
  if (rank < 2) return n.x(i);
  const rows = n.attrs.batchTurned[i] ? [...axes.slice(1, -1), 0, rank - 1] : axes;
  const perm = n.attrs.turned[i] ? [...rows.slice(0, -2), rows.at(-1)!, rows.at(-2)!] : rows;
  return b.transpose(n.x(i), perm, i === 0 ? "a" : "b");
}

// Y = α·A'·B'
const fusedMatMul = (type: string): OpSpec<MatMulAttrs> =>
  byDefinition<MatMulAttrs>({
    type,
    domain: microsoft,
    since: 1,
    arity: [2, 2],
    role: "product",
    attrs: (a) => ({
      alpha: a.float("alpha", 1),
      turned: [a.flag("transA"), a.flag("transB")],
      batchTurned: [a.flag("transBatchA"), a.flag("transBatchB")],
    }),
    definition: (b, n) => [
      b.mulScalar(b.matmul(factor(b, n, 0), factor(b, n, 1), "product"), n.attrs.alpha),
    ],
  });

type None = Record<string, never>;

/** x·Φ(x) in the five nodes that exporters write; every engine has their kernels. */
export function gelu(b: GraphBuilder, x: Value): Value {
  const erf = b.op("Erf", [b.mulScalar(x, Math.SQRT1_2)]);
  return b.mul(b.mulScalar(x, 0.5), b.addScalar(erf, 1), "gelu");
}

// x·σ(2k(x + cx³)), k = √(2/π), c = 0.044715: x/2·(1 + tanh(k(x + cx³)))
function fastGelu(b: GraphBuilder, x: Value): Value {
  const k = Math.sqrt(2 / Math.PI);
  const stretched = b.addScalar(b.mulScalar(b.mul(x, x), 0.044715), 1);
  return b.mul(x, b.op("Sigmoid", [b.mul(b.mulScalar(x, 2 * k), stretched)]), "gelu");
}

function activationOf<A>(
  type: string,
  arity: OpSpec["arity"],
  attrs: OpSpec<A>["attrs"],
  f: (b: GraphBuilder, x: Value, attrs: A) => Value,
): OpSpec<A> {
  return byDefinition<A>({
    ...{ type, domain: microsoft, since: 1, arity, role: "activation", attrs },
    definition: (b, n) => {
      const shift = n.optional(1);
      return [f(b, shift ? b.add(n.x(0), shift, "shifted") : n.x(0), n.attrs)];
    },
  });
}

const noAttrs = (): None => ({});

export const fusedLayers: readonly OpSpec[] = [
  fusedConv("FusedConv", false),
  fusedConv("NhwcFusedConv", true),
  fusedConv("NhwcConv", true),
  fusedGemm,
  fusedMatMul("FusedMatMul"),
  fusedMatMul("TransposeMatMul"),
  activationOf("Gelu", [1, 1], noAttrs, gelu),
  activationOf("BiasGelu", [2, 2], noAttrs, gelu),
  activationOf("FastGelu", [1, 2], noAttrs, fastGelu),
  // x·σ(αx)
  activationOf(
    "QuickGelu",
    [1, 1],
    (a) => ({ alpha: a.float("alpha", 1.702) }),
    (b, x, { alpha }) => b.mul(x, b.op("Sigmoid", [b.mulScalar(x, alpha)]), "gelu"),
  ),
  // Y = X + bias + skip
  byDefinition<None>({
    ...{ type: "BiasAdd", domain: microsoft, since: 1, arity: [3, 3], role: "linear" },
    attrs: noAttrs,
    definition: (b, n) => [b.add(b.add(n.x(0), n.x(1)), n.x(2))],
  }),
];
