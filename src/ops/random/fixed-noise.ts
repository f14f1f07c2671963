/**
 * Random operators. A gradient and its terms must belong to one function, so the numbers are drawn once, from the
 * node's seed, and are the same for every sample and every pass of an explanation.
 *
 * @module
 */
import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import { dtypeOf } from "../../onnx/file/element-types.js";
import type { Value } from "../../onnx/ir.js";
import type { DType } from "../../tensor/dtype.js";
import { staticShape, type Dim } from "../../tensor/shape.js";
import { random, type Random } from "../../tensor/random.js";
import { checkMade, fromNumbers } from "../../tensor/tensor.js";
import type { AttributeReader } from "../core/attributes.js";
import { byDefinition } from "../core/by-definition.js";
import type { NodeView } from "../core/node-view.js";
import type { Arity, OpSpec } from "../core/spec.js";

interface NoiseAttrs {
  readonly seed: number;
  readonly dtype: DType | undefined;
  readonly shape: readonly number[] | undefined;
  /** Mean and standard deviation, or bounds. */
  readonly range: readonly [number, number];
}

const usualSeed = 20190502;

const seedOf = (a: AttributeReader): number => Math.trunc(a.float("seed", usualSeed));

const dtypeAttr = (a: AttributeReader): DType | undefined => {
  const code = a.int("dtype");
  return code === undefined ? undefined : dtypeOf(code);
};

/** Numbers of a shape, equal for all samples if the first extent is open. */
function drawn(
  b: GraphBuilder,
  n: NodeView<{ readonly seed: number }>,
  shape: readonly Dim[],
  dtype: DType,
  next: (r: Random) => number,
): Value {
  const rows = shape.map((d, i) => (i === 0 && typeof d === "string" ? 1 : d));
  const own = staticShape(rows, `the random numbers of "${n.name}"`);
  checkMade(own, `for ${n.node.op} (node "${n.name}") numbers`);
  const source = random(n.attrs.seed);
  const values = Float64Array.from({ length: own.reduce((p, d) => p * d, 1) }, () => next(source));
  return b.constant(fromNumbers(dtype, own, values), "numbers");
}

/** RandomNormal and RandomUniform, with the shape in an attribute or copied from the input. */
function noise(
  type: string,
  names: readonly [string, string],
  usual: readonly [number, number],
  draw: (r: Random, range: readonly [number, number]) => number,
): OpSpec<NoiseAttrs> {
  const isLike = type.endsWith("Like");
  const arity: Arity = isLike ? [1, 1] : [0, 0];
  const shapeOf = (n: NodeView<NoiseAttrs>): readonly Dim[] =>
    isLike ? n.shape() : (n.attrs.shape ?? []);
  const dtypeIn = (n: NodeView<NoiseAttrs>): DType =>
    n.attrs.dtype ?? (isLike ? n.x().fact.dtype : "float32");
  return byDefinition<NoiseAttrs>({
    type,
    since: 1,
    arity,
    role: "constant",
    draws: true,
    attrs: (a) => ({
      seed: seedOf(a),
      dtype: dtypeAttr(a),
      shape: a.ints("shape"),
      range: [a.float(names[0], usual[0]), a.float(names[1], usual[1])],
    }),
    infer: (n) => [{ dtype: dtypeIn(n), shape: shapeOf(n) }],
    definition: (b, n) => {
      const numbers = drawn(b, n, shapeOf(n), dtypeIn(n), (r) => draw(r, n.attrs.range));
      return [isLike ? b.expandLike(numbers, n.x(), "noise") : numbers];
    },
  });
}

const normal = (r: Random, [mean, deviation]: readonly [number, number]): number =>
  mean + deviation * r.normal();
const uniform = (r: Random, [low, high]: readonly [number, number]): number =>
  low + (high - low) * r.uniform();

interface DrawAttrs {
  readonly seed: number;
  readonly dtype: DType | undefined;
  readonly count: number;
}

// 1 where a uniform number is less than the probability, 0 elsewhere: a step.
const bernoulli: OpSpec<DrawAttrs> = byDefinition<DrawAttrs>({
  type: "Bernoulli",
  since: 15,
  arity: [1, 1],
  role: "step",
  draws: true,
  attrs: (a) => ({ seed: seedOf(a), dtype: dtypeAttr(a), count: 1 }),
  infer: (n) => [{ dtype: n.attrs.dtype ?? n.x().fact.dtype, shape: n.shape() }],
  definition: (b, n) => {
    const { dtype } = n.x().fact;
    const numbers = drawn(b, n, n.shape(), dtype, (r) => r.uniform());
    return [b.cast(b.less(numbers, n.x()), n.attrs.dtype ?? dtype, "draws")];
  },
});

// Classes drawn by their logits [N,K]: the largest of logit − log(−log u) (Gumbel 1954), which has the same
// distribution.
const multinomial: OpSpec<DrawAttrs> = byDefinition<DrawAttrs>({
  type: "Multinomial",
  since: 7,
  arity: [1, 1],
  role: "step",
  draws: true,
  attrs: (a) => ({ seed: seedOf(a), dtype: dtypeAttr(a), count: a.int("sample_size", 1) }),
  infer: (n) => {
    const [rows, classes] = n.shape();
    if (n.rank() !== 2 || typeof classes !== "number") {
      throw n.error(`logits [${n.shape().join(",")}] must be [N,K] with a fixed K`);
    }
    return [{ dtype: n.attrs.dtype ?? "int32", shape: [rows!, n.attrs.count] }];
  },
  definition: (b, n) => {
    const classes = Number(n.shape()[1]);
    const gumbel = (r: Random): number => -Math.log(-Math.log(1 - r.uniform() || 0.5));
    const shape = [1, n.attrs.count, classes];
    const numbers = drawn(b, n, shape, n.x().fact.dtype, gumbel);
    const logits = b.op("Unsqueeze", [n.x(), b.ints([1])]);
    const attributes = { axis: int(2), keepdims: int(0) };
    const draws = b.op("ArgMax", [b.add(logits, numbers)], attributes, "draws");
    return [b.cast(draws, n.attrs.dtype ?? "int32")];
  },
});

export const fixedNoise: readonly OpSpec[] = [
  noise("RandomNormal", ["mean", "scale"], [0, 1], normal),
  noise("RandomNormalLike", ["mean", "scale"], [0, 1], normal),
  noise("RandomUniform", ["low", "high"], [0, 1], uniform),
  noise("RandomUniformLike", ["low", "high"], [0, 1], uniform),
  bernoulli,
  multinomial,
];
