import { axesAlong } from "../core/axis-mapping.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { sumAllBut } from "../layers/convolution.js";
import { divideDims, type Dim } from "../../tensor/shape.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import {
  standardize,
  standardizedBias,
  standardizedOutput,
  standardizeGradient,
  type Affine,
} from "./standardize.js";

interface ChannelAttrs {
  readonly epsilon: number;
  /** 0 for one group per channel. */
  readonly groups: number;
}

function channelsOf(n: NodeView): number {
  const channels = n.shape()[1];
  if (typeof channels !== "number") throw n.error("the number of channels must be fixed");
  return channels;
}

/** [N, C, …] as [N, groups, rest], so that each row is one group. */
function grouped(b: GraphBuilder, n: NodeView<ChannelAttrs>, v: Value): Value {
  const groups = n.attrs.groups || channelsOf(n);
  return b.op("Reshape", [v, b.ints([0, groups, -1])], {}, "grouped");
}

/** A parameter must be a vector with one value per channel, or per group of channels. */
function checkParameter(n: NodeView<ChannelAttrs>, i: number, channels: Dim | undefined): void {
  const [count] = n.shape(i);
  const open = typeof count === "string" || typeof channels === "string";
  if (n.rank(i) === 1 && (open || Number(channels) % Number(count) === 0)) return;
  throw n.error(`input ${i} [${n.shape(i).join(",")}] does not fit ${channels ?? 0} channels`);
}

/** A parameter as [1, C, 1, …]. One value per group (operator sets 18 to 20) applies to all channels of the group. */
function perChannel(b: GraphBuilder, n: NodeView<ChannelAttrs>, parameter: Value): Value {
  const channels = channelsOf(n);
  const count = parameter.fact.shape[0]!;
  const wide = [1, channels, ...new Array<number>(n.rank() - 2).fill(1)];
  if (count === channels || typeof count === "string") return b.reshape(parameter, wide);
  const share = b.ints([count, channels / count]);
  return b.reshape(b.op("Expand", [b.reshape(parameter, [count, 1]), share]), wide);
}

/** The gradient of a parameter, summed to its shape. */
function parameterGradient(b: GraphBuilder, n: NodeView, gradient: Value, i: number): Value {
  const sums = sumAllBut(b, gradient, 1);
  const count = n.shape(i)[0]!;
  const channels = channelsOf(n);
  if (count === channels || typeof count === "string") return sums;
  return b.sum(b.reshape(sums, [count, channels / count]), [1], false, "dparameter");
}

// y = γ·x̂ + β, x̂ standardized over each sample's channel (instance) or group of channels, γ and β per channel. dx:
// through x̂ from γ·dy (see standardize.ts); dγ = Σ dy·x̂; dβ = Σ dy. bias = γ·(x̂ − J·x) + β, minus γ·x̂ if γ is
// active and minus β if β is active.
function overGroups(
  type: string,
  since: number,
  attrs: OpSpec<ChannelAttrs>["attrs"],
): OpSpec<ChannelAttrs> {
  const how = (n: NodeView<ChannelAttrs>): Parameters<typeof standardize>[2] => ({
    axes: [2],
    epsilon: n.attrs.epsilon,
    centred: true,
  });
  const affine = (b: GraphBuilder, n: NodeView<ChannelAttrs>): Affine => ({
    parameter: (i) => perChannel(b, n, n.x(i)),
    layOut: (v) => b.reshapeLike(v, n.x()),
  });
  const standard = (b: GraphBuilder, n: NodeView<ChannelAttrs>): ReturnType<typeof standardize> =>
    standardize(b, grouped(b, n, n.x()), how(n));
  return {
    type,
    since,
    arity: [3, 3],
    role: "normalization",
    axes: (n) => ({ ...axesAlong(n.shape().flatMap((_, i) => (i > 0 ? [i] : []))), image: true }),
    parameters: [undefined, "scale", "shift"],
    attrs,
    infer: (n) => {
      const { groups } = n.attrs;
      const channels = n.shape()[1];
      if (n.rank() < 2 || groups < 0) throw n.error(`rank ${n.rank()}, num_groups ${groups}`);
      for (const i of [1, 2]) checkParameter(n, i, channels);
      if (groups > 0 && typeof channels === "number" && channels % groups !== 0) {
        throw n.error(`${channels} channels cannot be divided into ${groups} groups`);
      }
      return [n.like(n.shape())];
    },
    definition: (b, n) => {
      // Keeps the order of axes, unlike `grouped`, so that an engine need not change the order in memory.
      const groups = n.attrs.groups || channelsOf(n);
      const [batch, channels, ...spatial] = n.shape();
      const apart = [batch!, groups, divideDims(channels!, groups), ...spatial];
      const axes = apart.map((_, axis) => axis).slice(2);
      const { values } = standardize(b, b.reshape(n.x(), apart), { ...how(n), axes });
      return [standardizedOutput(b, n, values, affine(b, n))];
    },
    vjp: (b, n, [dy]) => [
      () => {
        const gradient = grouped(b, n, b.mul(dy!, perChannel(b, n, n.x(1))));
        const dx = standardizeGradient(b, standard(b, n), gradient, how(n));
        return b.reshapeLike(dx, n.x(), "dx");
      },
      () => {
        const values = b.reshapeLike(standard(b, n).values, n.x());
        return parameterGradient(b, n, b.mul(dy!, values), 1);
      },
      () => parameterGradient(b, n, dy!, 2),
    ],
    bias: (n) => ({
      kind: "implicit",
      emit: (b) => standardizedBias(b, n, standard(b, n), affine(b, n)),
    }),
  };
}

export const channelNormalizations: readonly OpSpec[] = [
  overGroups("InstanceNormalization", 6, (a) => ({ epsilon: a.float("epsilon", 1e-5), groups: 0 })),
  {
    ...overGroups("GroupNormalization", 18, (a) => ({
      epsilon: a.float("epsilon", 1e-5),
      groups: a.required("num_groups", a.int("num_groups")),
    })),
    newer: true,
  },
];
