import { TargetError } from "../errors.js";
import { int } from "../onnx/attribute.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import type { Detection } from "./detection.js";
import type { TargetExpression } from "./parse.js";
import type { Dim, Shape } from "../tensor/shape.js";
import { float32, int64, type Tensor } from "../tensor/tensor.js";

/** The mean of a class over a mask, of an output [N,K,…places]. */
export interface MaskTarget {
  /** Weights of 0 or more, of any dtype: […places]. */
  readonly mask: Tensor;
  /** May be left out where the output has a single channel. */
  readonly class?: number;
  /** What results call it; "mask@8" unless given. */
  readonly words?: string;
}

/**
 * What is explained of each sample:
 * - "top": the class of the highest score, of an output [N,K]; the number itself, of an output [N] or [N,1]
 * - a class index for all samples, or one for each
 * - other words, or the tree that they are read into: one element or the mean of a region, of an output of any shape
 * - "against", of an output [N] or [N,1], or "against:3", "against:8@10,12": what speaks against the number, which is
 *   explained with the opposite sign
 * - `mask`: the mean of a class over a mask
 * - "all": every class at once, by methods whose one pass gives the maps of all (cam, recipro-cam)
 * - "detections:0.5": every detection above a score, of a detector; or one of them, as `Model.detections` finds them
 * - `seed`: any weighted sum of an output of any shape: Σ seed ⊙ output; [1,…] for all samples or [N,…]
 */
export type PlainTarget =
  | string
  | number
  | readonly number[]
  | TargetExpression
  | { readonly seed: Tensor }
  | MaskTarget
  | Detection;

/**
 * The number that is explained: a target, or, of a target, its difference from another one (what speaks for the one and
 * not for the other), its log-probability instead of its score, or both.
 */
export type Target = PlainTarget | Contrast;

export interface Contrast {
  readonly of: PlainTarget;
  /** What is subtracted: a class, or one for each sample; where `of` is in words, words. */
  readonly versus?: PlainTarget;
  readonly quantity?: Quantity;
}

/** What is explained of a class: the number that the model gives for it, or the logarithm of its softmax. */
export type Quantity = "score" | "log-probability";

export const quantities: readonly Quantity[] = ["score", "log-probability"];

/** A target without words. */
export type ResolvedTarget = "top" | readonly number[] | { readonly seed: Tensor };

/** How the scalar enters the compiled graph: chosen inside it, by an index, or by a seed. */
export type TargetKind = "top" | "index" | "seed";

export function kindOf(target: ResolvedTarget): TargetKind {
  if (target === "top") return "top";
  return "seed" in target ? "seed" : "index";
}

/** The scalar f(x) of every sample, as graph. */
export interface TargetNodes {
  /** [N] int64: the class that is explained; -1 where a seed is. */
  readonly target: Value;
  /** [N]: its score. */
  readonly score: Value;
  /** The gradient of Σ scores with respect to the output, in the shape of the output. */
  readonly seed: Value;
  /** Names of the inputs that say what is explained: a seed, classes, and the classes that they are compared with. */
  readonly inputs: Readonly<Partial<Record<"seed" | "target" | "versus", string>>>;
}

/**
 * The shape of an output with the samples first: as it is, or, where a model for one sample gives its answer without an
 * axis for it, with that axis.
 *
 * @param batch the first extent of the input
 * @returns undefined where the output has no axis for the samples of a batch
 */
export function samplesFirst(shape: Shape, batch: Dim): Shape | undefined {
  const [first] = shape;
  if (first === batch || (typeof first === "string" && typeof batch === "string")) return shape;
  return batch === 1 ? [1, ...shape] : undefined;
}

/** Number of classes of scores [N,K], [N,K,1,…] or [N]; undefined of an output of another shape. */
export function classCount(shape: Shape, batch: Dim): number | undefined {
  const [, classes = 1, ...rest] = samplesFirst(shape, batch) ?? [0, "none"];
  return typeof classes === "number" && rest.every((d) => d === 1) ? classes : undefined;
}

/**
 * Adds the choice of what is explained of an output, its score and its seed.
 *
 * @param versus whether a second class is given, whose score is subtracted
 * @throws {TargetError} where the output has no axis for the samples, or has no classes to choose from
 */
export function emitTarget(
  b: GraphBuilder,
  output: Value,
  kind: TargetKind,
  batch: Dim,
  versus = false,
): TargetNodes {
  const at = b.within("target");
  const shape = samplesFirst(output.fact.shape, batch);
  if (!shape) {
    throw new TargetError(
      `output "${output.name}" [${output.fact.shape.join(",")}] has no axis for the samples of a batch [${batch},…]`,
    );
  }
  if (kind === "seed") {
    const given = b.input("seed", { dtype: output.fact.dtype, shape });
    const seed = at.reshapeLike(given, output);
    const weighted = at.reshape(at.mul(output, seed, "weighted"), shape);
    const axes = shape.flatMap((_, axis) => (axis > 0 ? [axis] : []));
    const score = at.sum(weighted, axes, false, "score");
    const none = at.cast(at.mulScalar(score, 0), "int64");
    return {
      target: at.sub(none, at.scalar(1, none)),
      score,
      seed,
      inputs: { seed: given.name },
    };
  }
  const classes = classCount(shape, batch);
  if (classes === undefined) {
    throw new TargetError(`output "${output.name}" [${shape.join(",")}] holds no class scores`);
  }
  const [samples] = shape as readonly [Dim];
  const scores = at.reshape(output, [samples, classes], "scores");
  const classOf = (name: string): Value => b.input(name, { dtype: "int64", shape: [samples] });
  const given = kind === "index" ? classOf("target") : undefined;
  const other = versus ? classOf("versus") : undefined;
  const top = { axis: int(1), keepdims: int(0) };
  const target = given ?? at.op("ArgMax", [scores], top, "top");
  const values = at.constant(float32([2], [0, 1]));
  const oneHot = (which: Value): Value =>
    at.op("OneHot", [which, at.constant(int64([classes], [])), values], { axis: int(1) }, "seed");
  const chosen = other ? at.sub(oneHot(target), oneHot(other), "contrast") : oneHot(target);
  const score = at.sum(at.mul(scores, chosen), [1], false, "score");
  const seed = at.reshapeLike(chosen, output);
  const inputs = {
    ...(given ? { target: given.name } : {}),
    ...(other ? { versus: other.name } : {}),
  };
  return { target, score, seed, inputs };
}
