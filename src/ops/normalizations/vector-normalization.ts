import { axesAlong } from "../core/axis-mapping.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { normalizeAxis } from "../../tensor/shape.js";
import { alongAxis, emptyMatrix } from "../core/along-axis.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

interface LpAttrs {
  readonly axis: number;
  readonly p: number;
}

// y = x/‖x‖ along an axis, and 0 where the norm is 0. p = 2: dx = (dy − y·Σ dy·y)/‖x‖;
// p = 1: dx = (dy − sign(x)·Σ dy·y)/‖x‖. Homogeneous of degree 0: J·x = 0, bias = y.
const lpNormalization: OpSpec<LpAttrs> = {
  type: "LpNormalization",
  since: 1,
  arity: [1, 1],
  role: "normalization",
  axes: (n) => axesAlong([normalizeAxis(n.attrs.axis, n.rank())]),
  attrs: (a) => ({ axis: a.int("axis", -1), p: a.int("p", 2) }),
  infer: (n) => {
    if (n.attrs.p !== 1 && n.attrs.p !== 2) throw n.error(`p is ${n.attrs.p}; it may be 1 or 2`);
    return [n.like(n.shape())];
  },
  definition: (b, n) => {
    const norm = normOf(b, n);
    return [b.div(n.x(), b.add(norm, b.mask(b.op("Equal", [norm, b.scalar(0, norm)]), norm)))];
  },
  vjp: (b, n, [dy]) => [
    () => {
      const axes = [normalizeAxis(n.attrs.axis, n.rank())];
      const [x, y] = [n.x(), n.y()];
      const norm = normOf(b, n);
      const some = b.greater(norm, 0);
      const direction = n.attrs.p === 1 ? b.op("Sign", [x]) : y;
      const across = b.sub(dy!, b.mul(direction, b.sum(b.mul(dy!, y), axes)));
      const share = b.div(across, b.where(some, norm, b.scalar(1, norm)));
      return b.mul(share, b.mask(some, norm), "dx");
    },
  ],
  bias: (n) => ({ kind: "implicit", emit: () => n.y() }),
};

/** ‖x‖ along the axis, which is kept. */
function normOf(b: GraphBuilder, n: NodeView<LpAttrs>): Value {
  const [x, axes] = [n.x(), [normalizeAxis(n.attrs.axis, n.rank())]];
  return n.attrs.p === 1 ? b.sum(b.op("Abs", [x]), axes) : b.sqrt(b.sum(b.mul(x, x), axes));
}

const tiny = 1e-9;

// y = (x − μ)/(σ + ε), ε = 1e-9, over the given axes.
// dσ = mean((x − μ)·dx)/σ, so dx = (dy − mean dy)/(σ + ε) − y·mean(dy·y)/σ; J·x = y·ε/(σ + ε), bias = y·σ/(σ + ε).
const meanVarianceNormalization: OpSpec<{ axes: readonly number[] }> = {
  type: "MeanVarianceNormalization",
  since: 9,
  arity: [1, 1],
  role: "normalization",
  axes: (n) => axesAlong(n.attrs.axes.map((axis) => normalizeAxis(axis, n.rank()))),
  attrs: (a) => ({ axes: a.ints("axes") ?? [0, 2, 3] }),
  infer: (n) => [n.like(n.shape())],
  definition: (b, n) => {
    const { centred, deviation } = spread(b, n);
    return [b.div(centred, b.addScalar(deviation, tiny))];
  },
  vjp: (b, n, [dy]) => [
    () => {
      const { axes, deviation } = spread(b, n);
      const y = n.y();
      const across = b.div(b.sub(dy!, b.mean(dy!, axes)), b.addScalar(deviation, tiny));
      const along = b.div(b.mul(y, b.mean(b.mul(dy!, y), axes)), deviation);
      return b.sub(across, along, "dx");
    },
  ],
  bias: (n) => ({
    kind: "implicit",
    emit: (b) => {
      const { deviation } = spread(b, n);
      return b.mul(n.y(), b.div(deviation, b.addScalar(deviation, tiny)), "bias");
    },
  }),
};

function spread(
  b: GraphBuilder,
  n: NodeView<{ axes: readonly number[] }>,
): { axes: number[]; centred: Value; deviation: Value } {
  const axes = n.attrs.axes.map((a) => normalizeAxis(a, n.rank()));
  const centred = b.sub(n.x(), b.mean(n.x(), axes));
  return { axes, centred, deviation: b.sqrt(b.mean(b.mul(centred, centred), axes)) };
}

interface LrnAttrs {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}

// y = x·s^−β, s = k + α/n·Σ x² over n neighbouring channels. dx = s^−β·dy − 2αβ/n·x·Σ' (dy·x·s^−β−1), Σ' over the
// windows that contain a channel (the reversed window). J·x = y − 2β·y·(s − k)/s, so bias = 2β·y·(s − k)/s.
const lrn: OpSpec<LrnAttrs> = {
  type: "LRN",
  since: 1,
  arity: [1, 1],
  role: "normalization",
  axes: () => ({ ...axesAlong([1]), image: true }),
  attrs: (a) => ({
    size: a.required("size", a.int("size")),
    alpha: a.float("alpha", 1e-4),
    beta: a.float("beta", 0.75),
    bias: a.float("bias", 1),
  }),
  infer: (n) => [n.like(n.shape())],
  definition: (b, n) => {
    const s = squares(b, n);
    return [b.mul(n.x(), b.op("Pow", [s, b.scalar(-n.attrs.beta, s)]))];
  },
  vjp: (b, n, [dy]) => [
    () => {
      const { alpha, beta, size } = n.attrs;
      const s = squares(b, n);
      const share = b.op("Pow", [s, b.scalar(-beta, s)]);
      const inner = b.div(b.mul(b.mul(dy!, n.x()), share), s);
      const sums = overChannels(b, n, inner, "turned");
      const across = b.mul(n.x(), b.mulScalar(sums, (2 * alpha * beta) / size));
      return b.sub(b.mul(share, dy!), across, "dx");
    },
  ],
  bias: (n) => ({
    kind: "implicit",
    emit: (b) => {
      const s = squares(b, n);
      const share = b.div(b.addScalar(s, -n.attrs.bias), s);
      return b.mulScalar(b.mul(n.y(), share), 2 * n.attrs.beta, "bias");
    },
  }),
};

/** s = k + α/n·Σ x² */
function squares(b: GraphBuilder, n: NodeView<LrnAttrs>): Value {
  const sums = overChannels(b, n, b.mul(n.x(), n.x()), "forward");
  return b.addScalar(b.mulScalar(sums, n.attrs.alpha / n.attrs.size), n.attrs.bias);
}

/** Sums over windows of channels, as a product with a band matrix; `turned` is the transpose. */
function overChannels(
  b: GraphBuilder,
  n: NodeView<LrnAttrs>,
  x: Value,
  way: "forward" | "turned",
): Value {
  const channels = n.shape()[1];
  if (typeof channels !== "number") throw n.error("the number of channels must be fixed");
  const before = Math.floor((n.attrs.size - 1) / 2);
  const after = Math.ceil((n.attrs.size - 1) / 2);
  const band = emptyMatrix(n, channels, channels);
  for (let c = 0; c < channels; c++) {
    for (let k = Math.max(0, c - before); k <= Math.min(channels - 1, c + after); k++) {
      band[way === "forward" ? k * channels + c : c * channels + k] = 1;
    }
  }
  const rows = b.op("Reshape", [x, b.ints([0, channels, -1])]);
  return b.reshapeLike(alongAxis(b, rows, 1, band, channels, channels), x);
}

export const vectorNormalizations: readonly OpSpec[] = [
  lpNormalization,
  meanVarianceNormalization,
  lrn,
];
