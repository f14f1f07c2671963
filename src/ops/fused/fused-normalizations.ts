/**
 * Normalizations that ONNX Runtime's optimizer fused with the sums before them.
 *
 * @module
 */
import { float, int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { byDefinition } from "../core/by-definition.js";
import { microsoft } from "../core/domains.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";
import { normalizeAxis } from "../../tensor/shape.js";

interface Epsilon {
  readonly epsilon: number;
}

const last = (x: Value): number => x.fact.shape.length - 1;

/** γ·x/√(mean x² + ε) over the axes from `axis` on. */
function simplified(
  b: GraphBuilder,
  x: Value,
  scale: Value,
  { epsilon, axis }: Epsilon & { readonly axis: number },
): { y: Value; inverse: Value } {
  const axes = x.fact.shape.map((_, i) => i).slice(normalizeAxis(axis, x.fact.shape.length));
  const power = b.addScalar(b.mean(b.mul(x, x), axes, "power"), epsilon);
  const inverse = b.op("Reciprocal", [b.sqrt(power)], {}, "1/deviation");
  return { y: b.mul(b.mul(x, inverse, "standard"), scale, "y"), inverse };
}

/** γ·x̂ + β over the last axis, with mean and 1/deviation. */
function standard(
  b: GraphBuilder,
  x: Value,
  [scale, shift]: readonly [Value, Value | undefined],
  epsilon: number,
): Value {
  const attributes = { axis: int(-1), epsilon: float(epsilon) };
  return b.op("LayerNormalization", [x, scale, shift], attributes, "normalized");
}

/** Outputs 1 and 2 are for training only. */
function refuseStatistics(n: NodeView): void {
  if (n.node.outputs[1] || n.node.outputs[2]) {
    throw n.refusal(
      "its outputs mean and inv_std_var are for training and unsupported; the normalized output and the sum are supported",
    );
  }
}

const sumOf = (b: GraphBuilder, values: readonly (Value | undefined)[]): Value =>
  values.filter((v) => v !== undefined).reduce((p, q) => b.add(p, q, "sum"));

// y = LayerNormalization(input + skip + bias); output 3 is the sum
const skipLayerNormalization: OpSpec<Epsilon> = byDefinition<Epsilon>({
  type: "SkipLayerNormalization",
  domain: microsoft,
  since: 1,
  arity: [3, 5],
  role: "normalization",
  attrs: (a) => ({ epsilon: a.float("epsilon", 1e-12) }),
  definition: (b, n) => {
    refuseStatistics(n);
    const sum = sumOf(b, [n.x(0), n.x(1), n.optional(4)]);
    const y = standard(b, sum, [n.x(2), n.optional(3)], n.attrs.epsilon);
    return [y, undefined, undefined, sum];
  },
});

// y = γ·s/√(mean s² + ε), s = input + skip + bias; output 3 is s
const skipSimplified: OpSpec<Epsilon> = byDefinition<Epsilon>({
  type: "SkipSimplifiedLayerNormalization",
  domain: microsoft,
  since: 1,
  arity: [3, 4],
  role: "normalization",
  attrs: (a) => ({ epsilon: a.float("epsilon", 1e-12) }),
  definition: (b, n) => {
    refuseStatistics(n);
    const sum = sumOf(b, [n.x(0), n.x(1), n.optional(3)]);
    const { y } = simplified(b, sum, n.x(2), { epsilon: n.attrs.epsilon, axis: last(sum) });
    return [y, undefined, undefined, sum];
  },
});

// y = γ·x/√(mean x² + ε), and 1/√(…)
const simplifiedLayerNormalization: OpSpec<Epsilon & { axis: number }> = byDefinition<
  Epsilon & { axis: number }
>({
  type: "SimplifiedLayerNormalization",
  since: 1,
  arity: [2, 2],
  role: "normalization",
  attrs: (a) => ({ epsilon: a.float("epsilon", 1e-5), axis: a.int("axis", -1) }),
  definition: (b, n) => {
    const { y, inverse } = simplified(b, n.x(0), n.x(1), n.attrs);
    return [y, inverse];
  },
});

// y = LayerNormalization(words[ids] + positions + segments[segment ids]); output 2 is the sum. No gradient flows to
// ids.
const embedLayerNormalization: OpSpec<Epsilon> = byDefinition<Epsilon>({
  type: "EmbedLayerNormalization",
  domain: microsoft,
  since: 1,
  arity: [1, 9],
  role: "normalization",
  attrs: (a) => ({ epsilon: a.float("epsilon", 1e-12) }),
  definition: (b, n) => {
    const [ids, segments, words, positions] = [n.x(0), n.optional(1), n.x(2), n.x(3)];
    const rows = (table: Value, at: Value): Value => b.op("Gather", [table, at]);
    const steps = ids.fact.shape[1]!;
    if (typeof steps !== "number") throw n.error("it needs a fixed number of tokens");
    const placed = n.optional(8)
      ? rows(positions, n.x(8))
      : b.slice(positions, [0], [0], [steps], "positions");
    const kind = segments && n.optional(4) ? rows(n.x(4), segments) : undefined;
    const sum = sumOf(b, [rows(words, ids), placed, kind]);
    const mask = n.optional(7);
    const length = mask
      ? b.sum(mask, [1], false, "length")
      : b.mul(b.op("Squeeze", [b.slice(ids, [1], [0], [1]), b.ints([1])]), b.scalar(0, ids));
    return [standard(b, sum, [n.x(5), n.x(6)], n.attrs.epsilon), b.cast(length, "int32"), sum];
  },
});

export const fusedNormalizations: readonly OpSpec[] = [
  skipLayerNormalization,
  skipSimplified,
  simplifiedLayerNormalization,
  embedLayerNormalization,
];
