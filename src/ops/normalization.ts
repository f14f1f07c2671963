import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import { sumAllBut } from "./convolution.js";
import type { NodeView } from "./node-view.js";
import type { OpSpec } from "./spec.js";

/** A per-channel vector [C] as [1, C, 1, …]. */
function perChannel(b: GraphBuilder, n: NodeView, v: Value): Value {
  return b.reshape(v, [
    1,
    v.fact.shape[0]!,
    ...new Array<number>(Math.max(0, n.rank() - 2)).fill(1),
  ]);
}

/** 1/√(σ² + ε) per channel. */
function inverseDeviation(b: GraphBuilder, n: NodeView<{ epsilon: number }>): Value {
  const variance = n.x(4);
  return b.op("Reciprocal", [b.sqrt(b.shift(variance, n.attrs.epsilon))], {}, "1/deviation");
}

const inTraining = "training_mode = 1: export the model in evaluation mode";

// y = γ(x − μ)/√(σ² + ε) + β with stored μ, σ² (inference): affine in x.
// dx = γ/√(σ² + ε)·dy; bias = β − γμ/√(σ² + ε), the implicit bias of Srinivas & Fleuret 2019.
const batchNormalization: OpSpec<{ epsilon: number; training: boolean }> = {
  type: "BatchNormalization",
  since: 15,
  attrs: (a) => ({ epsilon: a.float("epsilon", 1e-5), training: a.flag("training_mode") }),
  // Of a batch that is a weight, as weight standardization makes it, training mode is a constant like any other.
  infer: (n) => [n.like(n.shape()), n.like(n.shape(3)), n.like(n.shape(4))],
  vjp: (b, n, [dy]) => {
    if (n.attrs.training) throw n.refusal(inTraining);
    const inverse = inverseDeviation(b, n);
    const gain = (): Value => perChannel(b, n, b.mul(n.x(1), inverse, "gain"));
    const centred = (): Value =>
      b.mul(b.sub(n.x(), perChannel(b, n, n.x(3))), perChannel(b, n, inverse));
    return [
      () => b.mul(dy!, gain(), "dx"),
      () => sumAllBut(b, b.mul(dy!, centred()), 1),
      () => sumAllBut(b, dy!, 1),
      null,
      null,
    ];
  },
  bias: (n) => ({
    kind: n.isActive(0) ? "batch-norm" : "constant",
    emit: (b) => {
      if (n.attrs.training) throw n.refusal(inTraining);
      const gain = b.mul(n.x(1), inverseDeviation(b, n), "gain");
      const shift = b.mul(gain, n.x(3));
      if (!n.isActive(1) && !n.isActive(2)) return perChannel(b, n, b.sub(n.x(2), shift, "bias"));
      // γ or β depend on the image too: y less what each active input accounts for.
      const beta = perChannel(b, n, n.x(2));
      const parts = [
        n.isActive(0) ? b.mul(perChannel(b, n, gain), n.x()) : undefined,
        n.isActive(1) ? b.sub(n.y(), beta) : undefined,
        n.isActive(2) ? beta : undefined,
      ].filter((part) => part !== undefined);
      return parts.reduce((rest, part) => b.sub(rest, part, "bias"), n.y());
    },
  }),
};

export const normalization: readonly OpSpec[] = [batchNormalization];
