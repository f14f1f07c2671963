import { channelAxes } from "../core/axis-mapping.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { sumAllBut } from "../layers/convolution.js";
import type { NodeView } from "../core/node-view.js";
import type { Definition, OpSpec, Vjp } from "../core/spec.js";
import {
  standardize,
  standardizedBias,
  standardizedOutput,
  standardizeGradient,
  type Affine,
  type Standardization,
  type Standardized,
} from "./standardize.js";

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
  return b.op("Reciprocal", [b.sqrt(b.addScalar(variance, n.attrs.epsilon))], {}, "1/deviation");
}

interface BatchNormAttrs {
  readonly epsilon: number;
  readonly training: boolean;
  /** Weight of the stored statistics in the updated running statistics. */
  readonly momentum: number;
}

type BatchNormView = NodeView<BatchNormAttrs>;

/** Refuses batch statistics that mix samples. The message names the cause. */
function checkAlone(n: BatchNormView): void {
  if (n.shape()[0] === 1) return;
  const why = n.isActive(3)
    ? "it keeps no running statistics (track_running_stats=False)"
    : "the model was exported in training mode";
  throw n.refusal(
    `training_mode = 1, the node normalizes by the statistics of the batch, which mixes samples: ${why}. ` +
      "Call model.eval() before the export, or export with a fixed batch of one",
  );
}

/** The axes of the statistics: all except the channels. */
function overBatch(n: BatchNormView): Standardization {
  const axes = n.shape().flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return { axes, epsilon: n.attrs.epsilon, centred: true };
}

function affine(b: GraphBuilder, n: BatchNormView): Affine {
  return { parameter: (i) => perChannel(b, n, n.x(i)) };
}

/**
 * A batch of one, normalized by its own statistics: y = γ·x̂ + β, independent of the stored statistics. See
 * standardize.ts.
 */
const byItsBatch: {
  readonly definition: Definition<BatchNormAttrs>;
  readonly vjp: Vjp<BatchNormAttrs>;
  bias(b: GraphBuilder, n: BatchNormView): Value;
} = {
  definition: (b, n) => {
    const { values, mean, variance } = standardize(b, n.x(), overBatch(n));
    const running = (i: number, now: Value): Value => {
      const { momentum } = n.attrs;
      const share = b.mulScalar(b.reshapeLike(now, n.x(i)), 1 - momentum);
      return b.add(b.mulScalar(n.x(i), momentum), share);
    };
    const y = standardizedOutput(b, n, values, affine(b, n));
    return [y, running(3, mean!), running(4, variance)];
  },
  vjp: (b, n, [dy, ...running]) => {
    checkAlone(n);
    if (!dy || running.some((d) => d !== undefined)) {
      throw n.refusal("its running statistics have no gradient; only Y has");
    }
    const standard = (): Standardized => standardize(b, n.x(), overBatch(n));
    return [
      () => {
        const gradient = b.mul(dy, perChannel(b, n, n.x(1)));
        return standardizeGradient(b, standard(), gradient, overBatch(n));
      },
      () => sumAllBut(b, b.mul(dy, standard().values), 1),
      () => sumAllBut(b, dy, 1),
      "integer",
      "integer",
    ];
  },
  bias: (b, n) => {
    checkAlone(n);
    return standardizedBias(b, n, standardize(b, n.x(), overBatch(n)), affine(b, n));
  },
};

// y = γ(x − μ)s + β, s = 1/√(σ² + ε), with stored μ, σ² (inference): affine in x.
// dx = γs·dy; bias = β − γsμ, the implicit bias of Srinivas & Fleuret 2019.
// μ and σ² that depend on the image (AdaIN, no running statistics): dμ = −γs·dy; dσ² = −½γ(x − μ)s³·dy.
const batchNormalization: OpSpec<BatchNormAttrs> = {
  type: "BatchNormalization",
  since: 15,
  arity: [5, 5],
  role: "batch-norm",
  axes: channelAxes,
  parameters: [undefined, "scale", "shift"],
  attrs: (a) => ({
    epsilon: a.float("epsilon", 1e-5),
    training: a.flag("training_mode"),
    momentum: a.float("momentum", 0.9),
  }),
  // For weight standardization the batch is a weight; training mode is then a constant.
  infer: (n) => [n.like(n.shape()), n.like(n.shape(3)), n.like(n.shape(4))],
  definition: (b, n) => {
    if (n.attrs.training) return byItsBatch.definition(b, n);
    const gain = b.mul(n.x(1), inverseDeviation(b, n), "gain");
    const shift = b.sub(n.x(2), b.mul(gain, n.x(3)), "shift");
    return [b.add(b.mul(n.x(), perChannel(b, n, gain)), perChannel(b, n, shift))];
  },
  vjp: (b, n, dys) => {
    if (n.attrs.training) return byItsBatch.vjp(b, n, dys);
    const [dy] = dys;
    const inverse = inverseDeviation(b, n);
    const gain = (): Value => perChannel(b, n, b.mul(n.x(1), inverse, "gain"));
    const centred = (): Value =>
      b.mul(b.sub(n.x(), perChannel(b, n, n.x(3))), perChannel(b, n, inverse));
    return [
      () => b.mul(dy!, gain(), "dx"),
      () => sumAllBut(b, b.mul(dy!, centred()), 1),
      () => sumAllBut(b, dy!, 1),
      () => b.neg(sumAllBut(b, b.mul(dy!, gain()), 1), "dmean"),
      () => b.mul(sumAllBut(b, b.mul(dy!, centred()), 1), varianceSlope(b, n, inverse), "dvar"),
    ];
  },
  bias: (n) => ({
    kind:
      n.attrs.training || n.isActive(3) || n.isActive(4)
        ? "implicit"
        : n.isActive(0)
          ? "batch-norm"
          : "constant",
    emit: (b) => {
      if (n.attrs.training) return byItsBatch.bias(b, n);
      const inverse = inverseDeviation(b, n);
      const gain = b.mul(n.x(1), inverse, "gain");
      const shift = b.mul(gain, n.x(3));
      const stored = ![1, 2, 3, 4].some((i) => n.isActive(i));
      if (stored) return perChannel(b, n, b.sub(n.x(2), shift, "bias"));
      // If other parameters depend on the image: y minus the contribution of each active input.
      const beta = perChannel(b, n, n.x(2));
      const parts = [
        n.isActive(0) ? b.mul(perChannel(b, n, gain), n.x()) : undefined,
        n.isActive(1) ? b.sub(n.y(), beta) : undefined,
        n.isActive(2) ? beta : undefined,
        n.isActive(3) ? b.neg(perChannel(b, n, shift)) : undefined,
        n.isActive(4) ? b.mul(b.sub(n.y(), beta), ofVariance(b, n, inverse)) : undefined,
      ].filter((part) => part !== undefined);
      return parts.reduce((rest, part) => b.sub(rest, part, "bias"), n.y());
    },
  }),
};

/** −½γs², so that dσ² = −½γs²·Σ dy·(x − μ)s */
function varianceSlope(b: GraphBuilder, n: NodeView, inverse: Value): Value {
  return b.mulScalar(b.mul(n.x(1), b.mul(inverse, inverse)), -0.5);
}

/** −½s²σ²: the fraction of y − β that comes from the gradient of the variance */
function ofVariance(b: GraphBuilder, n: NodeView, inverse: Value): Value {
  return perChannel(b, n, b.mulScalar(b.mul(n.x(4), b.mul(inverse, inverse)), -0.5));
}

export const normalization: readonly OpSpec[] = [batchNormalization];
