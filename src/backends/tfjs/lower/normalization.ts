import { sizeOf } from "../../../tensor/shape.js";
import type { Lowerings, NodeToLower } from "./lowering.js";
import { alongAxis } from "./product-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** A parameter with one value per channel, or per channel of each group, as [1,C,1,…]. */
function perChannel(w: TfOpBuilder, n: NodeToLower, i: number): Operand {
  const [parameter, channels] = [n.x(i), n.x().dims[1]!];
  const count = sizeOf(parameter.dims);
  const wide = n.x().dims.map((_, axis) => (axis === 1 ? channels : 1));
  const repeated = w.expand(w.reshape(parameter, [count, 1]), [count, channels / count]);
  return w.reshape(repeated, wide);
}

interface Standard {
  readonly values: Operand;
  readonly mean?: Operand;
  /** 1/√(variance + ε) */
  readonly inverse: Operand;
}

/** (x − μ)/√(σ² + ε) over axes; μ = 0 unless centred. */
function standardize(
  w: TfOpBuilder,
  x: Operand,
  axes: readonly number[],
  epsilon: number,
  centred = true,
): Standard {
  const mean = centred ? w.reduce("Mean", x, axes) : undefined;
  const moved = mean ? w.sub(x, mean) : x;
  const variance = w.reduce("Mean", w.mul(moved, moved), axes);
  const inverse = w.unary("Rsqrt", w.shift(variance, epsilon));
  return { values: w.mul(moved, inverse), inverse, ...(mean ? { mean } : {}) };
}

function overGroups(w: TfOpBuilder, n: NodeToLower, groups: number): Operand {
  const { dims } = n.x();
  const grouped = [dims[0]!, groups, dims[1]! / groups, ...dims.slice(2)];
  const axes = grouped.flatMap((_, i) => (i < 2 ? [] : [i]));
  const epsilon = n.attributes.float("epsilon", 1e-5);
  const { values } = standardize(w, w.reshape(n.x(), grouped), axes, epsilon);
  return w.add(w.mul(w.reshape(values, dims), perChannel(w, n, 1)), perChannel(w, n, 2));
}

function lastAxes(n: NodeToLower): number[] {
  const axis = n.axis("axis", -1);
  return n.x().dims.flatMap((_, i) => (i < axis ? [] : [i]));
}

export const normalization: Lowerings = {
  // γ/√(σ² + ε) and β − γμ/√(σ² + ε) are constant and folded.
  BatchNormalization: (w, n) => {
    const [scale, shift, mean, variance] = [1, 2, 3, 4].map((i) => perChannel(w, n, i)) as [
      Operand,
      Operand,
      Operand,
      Operand,
    ];
    const epsilon = n.attributes.float("epsilon", 1e-5);
    if (n.attributes.flag("training_mode")) {
      const axes = n.x().dims.flatMap((_, i) => (i === 1 ? [] : [i]));
      const seen = w.reduce("Mean", n.x(), axes);
      const moved = w.sub(n.x(), seen);
      const spread = w.reduce("Mean", w.mul(moved, moved), axes);
      const momentum = n.attributes.float("momentum", 0.9);
      const running = (old: Operand, now: Operand, i: number): Operand =>
        w.reshape(w.add(w.scale(old, momentum), w.scale(now, 1 - momentum)), n.x(i).dims);
      const values = w.mul(moved, w.unary("Rsqrt", w.shift(spread, epsilon)));
      const y = w.add(w.mul(values, scale), shift);
      return [y, running(mean, seen, 3), running(variance, spread, 4)];
    }
    const slope = w.div(scale, w.unary("Sqrt", w.shift(variance, epsilon)));
    return w.add(w.mul(n.x(), slope), w.sub(shift, w.mul(mean, slope)));
  },
  InstanceNormalization: (w, n) => overGroups(w, n, n.x().dims[1]!),
  GroupNormalization: (w, n) => overGroups(w, n, n.attributes.int("num_groups", 1)),
  LayerNormalization: (w, n) => {
    const epsilon = n.attributes.float("epsilon", 1e-5);
    const { values, mean, inverse } = standardize(w, n.x(), lastAxes(n), epsilon);
    const scaled = w.mul(values, n.x(1));
    return [n.optional(2) ? w.add(scaled, n.x(2)) : scaled, mean, inverse];
  },
  RMSNormalization: (w, n) => {
    const epsilon = n.attributes.float("epsilon", 1e-5);
    return w.mul(standardize(w, n.x(), lastAxes(n), epsilon, false).values, n.x(1));
  },
  // 0 where the norm is 0.
  LpNormalization: (w, n) => {
    const [x, axes] = [n.x(), [n.axis("axis", -1)]];
    const size =
      n.attributes.int("p", 2) === 1
        ? w.reduce("Sum", w.unary("Abs", x), axes)
        : w.unary("Sqrt", w.reduce("Sum", w.mul(x, x), axes));
    const isZero = w.not(w.unary("Step", size));
    return w.div(x, w.add(size, isZero));
  },
  MeanVarianceNormalization: (w, n) => {
    const axes = n.attributes.ints("axes") ?? [0, 2, 3];
    const moved = w.sub(n.x(), w.reduce("Mean", n.x(), axes));
    const deviation = w.unary("Sqrt", w.reduce("Mean", w.mul(moved, moved), axes));
    return w.div(moved, w.shift(deviation, 1e-9));
  },
  // x·(k + α/n·Σ x² over n neighbouring channels)^−β; the sum is a product with a band matrix.
  LRN: (w, n) => {
    const [x, size] = [n.x(), n.attributes.int("size", 1)];
    const channels = x.dims[1]!;
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    const band = new Float64Array(channels * channels);
    for (let c = 0; c < channels; c++) {
      for (let k = Math.max(0, c - before); k <= Math.min(channels - 1, c + after); k++) {
        band[c * channels + k] = n.attributes.float("alpha", 1e-4) / size;
      }
    }
    const sums = alongAxis(w, w.mul(x, x), 1, band, channels);
    const inner = w.shift(sums, n.attributes.float("bias", 1));
    return w.mul(x, w.binary("Pow", inner, w.scalar(-n.attributes.float("beta", 0.75))));
  },
};
