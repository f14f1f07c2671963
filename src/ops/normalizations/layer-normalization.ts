import { axesAlong } from "../core/axis-mapping.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import { float, int } from "../../onnx/attribute.js";
import { isStatic, normalizeAxis } from "../../tensor/shape.js";
import { full } from "../../tensor/tensor.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import {
  standardize,
  standardizedBias,
  standardizedOutput,
  standardizeGradient,
  type Affine,
  type Standardization,
  type Standardized,
} from "./standardize.js";

interface LayerAttrs {
  readonly axis: number;
  readonly epsilon: number;
}

type Standard = Pick<Standardized, "values" | "inverse">;

/** The axes of the statistics: the last ones, from `axis` on. */
function over(n: NodeView<LayerAttrs>, centred: boolean): Standardization {
  const axis = normalizeAxis(n.attrs.axis, n.rank());
  const axes = n.shape().flatMap((_, i) => (i < axis ? [] : [i]));
  return { axes, epsilon: n.attrs.epsilon, centred };
}

// y = γ·x̂ + β, x̂ standardized over the last axes; γ and β are broadcast. dx: through x̂ from γ·dy (see
// standardize.ts); dγ = dy·x̂; dβ = dy. bias = γ·(x̂ − J·x) + β, minus γ·x̂ if γ is active and minus β if β is active.
function overLastAxes(type: string, since: number, centred: boolean): OpSpec<LayerAttrs> {
  const affine = (n: NodeView): Affine => ({ parameter: (i) => n.x(i) });
  const standard = (b: GraphBuilder, n: NodeView<LayerAttrs>): Standard =>
    (centred ? byKernel(b, n) : undefined) ?? standardize(b, n.x(), over(n, centred));
  return {
    type,
    since,
    arity: centred ? [2, 3] : [2, 2],
    role: "normalization",
    axes: (n) => axesAlong(over(n, centred).axes),
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
      const { values, mean, inverse } = standardize(b, n.x(), over(n, centred));
      return [standardizedOutput(b, n, values, affine(n)), mean, inverse];
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
    bias: (n) => ({
      kind: "implicit",
      emit: (b) => standardizedBias(b, n, standard(b, n), affine(n)),
    }),
  };
}

/** x̂ and s computed by the operator without γ and β: one node instead of seven. */
function byKernel(b: GraphBuilder, n: NodeView<LayerAttrs>): Standard | undefined {
  const { axis, epsilon } = n.attrs;
  const dims = n.shape().slice(normalizeAxis(axis, n.rank()));
  const { dtype } = n.x().fact;
  if (!isStatic(dims) || dtype !== "float32") return undefined;
  const attributes = { axis: int(axis), epsilon: float(epsilon) };
  const ones = b.constant(full(dtype, dims, 1), "ones");
  const outputs = b.call("LayerNormalization", [n.x(), ones], attributes, {
    ...{ outputs: 3, hint: "standard" },
  });
  return { values: outputs[0]!, inverse: outputs[2]! };
}

export const layerNormalizations: readonly OpSpec[] = [
  overLastAxes("LayerNormalization", 17, true),
  overLastAxes("RMSNormalization", 23, false),
];
