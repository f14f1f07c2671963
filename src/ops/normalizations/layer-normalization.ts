import { sameAxes } from "../core/axis-mapping.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { normalizeAxis } from "../../tensor/shape.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import {
  standardize,
  standardizeBias,
  standardizeGradient,
  type Standardization,
} from "./standardize.js";

interface LayerAttrs {
  readonly axis: number;
  readonly epsilon: number;
}

/** Over the last axes, from `axis` on. */
function over(n: NodeView<LayerAttrs>, centred: boolean): Standardization {
  const axis = normalizeAxis(n.attrs.axis, n.rank());
  const axes = n.shape().flatMap((_, i) => (i < axis ? [] : [i]));
  return { axes, epsilon: n.attrs.epsilon, centred };
}

// y = γ·x̂ + β, x̂ standardized over the last axes; γ and β are broadcast.
// dx: through x̂ from γ·dy (see standardize.ts); dγ = dy·x̂; dβ = dy.
// bias = γ·(x̂ − J·x) + β, without γ·x̂ more where γ is active and without β where β is.
function overLastAxes(type: string, since: number, centred: boolean): OpSpec<LayerAttrs> {
  const standard = (b: GraphBuilder, n: NodeView<LayerAttrs>): ReturnType<typeof standardize> =>
    standardize(b, n.x(), over(n, centred));
  return {
    type,
    since,
    arity: centred ? [2, 3] : [2, 2],
    role: "normalization",
    axes: sameAxes,
    parameters: [undefined, "scale", "shift"],
    attrs: (a) => ({ axis: a.int("axis", -1), epsilon: a.float("epsilon", 1e-5) }),
    infer: (n) => {
      const { axes } = over(n, centred);
      const statistics = n.shape().map((d, i) => (axes.includes(i) ? 1 : d));
      const double = n.x().fact.dtype === "float64";
      const stashed = { dtype: double ? "float64" : "float32", shape: statistics } as const;
      return centred ? [n.like(n.shape()), stashed, stashed] : [n.like(n.shape())];
    },
    definition: (b, n) => {
      const { values, mean, inverse } = standard(b, n);
      const scaled = b.mul(values, n.x(1));
      return [n.optional(2) ? b.add(scaled, n.x(2)) : scaled, mean, inverse];
    },
    vjp: (b, n, [dy, ...statistics]) => {
      if (!dy || statistics.some((d) => d !== undefined)) {
        throw n.refusal("its Mean and InvStdDev outputs have no gradient; only Y has");
      }
      return [
        () => {
          const gradient = b.mul(dy, n.x(1), "dx/standard");
          return standardizeGradient(b, standard(b, n), gradient, over(n, centred));
        },
        () => b.mul(dy, standard(b, n).values, "dscale"),
        ...(n.optional(2) ? [() => dy] : []),
      ];
    },
    bias: (n) => ({ kind: "implicit", emit: (b) => layerBias(b, n, standard(b, n)) }),
  };
}

function layerBias(
  b: GraphBuilder,
  n: NodeView<LayerAttrs>,
  standard: ReturnType<typeof standardize>,
): Value {
  let rest = n.isActive(0) ? standardizeBias(b, standard, n.attrs.epsilon) : standard.values;
  if (n.isActive(1)) rest = b.sub(rest, standard.values);
  const scaled = b.mul(rest, n.x(1), "bias/scaled");
  const shift = n.optional(2);
  return shift && !n.isActive(2) ? b.add(scaled, shift, "bias") : scaled;
}

export const layerNormalizations: readonly OpSpec[] = [
  overLastAxes("LayerNormalization", 17, true),
  overLastAxes("RMSNormalization", 23, false),
];
