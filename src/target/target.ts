import { TargetError } from "../errors.js";
import { int } from "../onnx/attribute.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Port, Value } from "../onnx/ir.js";
import type { Detection } from "./detection.js";
import type { TargetExpression } from "./parse.js";
import type { Dim, Shape } from "../tensor/shape.js";
import { float32, int64, type Tensor } from "../tensor/tensor.js";

/** The mean of a class over a mask, for an output [N,K,…spatial]. */
export interface MaskTarget {
  /** Non-negative weights of any dtype, […spatial]. */
  readonly mask: Tensor;
  /** Optional for an output with a single channel. */
  readonly class?: number;
  /** Its name in results; default "mask@8". */
  readonly words?: string;
}

/**
 * The scalar to explain for each sample:
 * - "top": the class with the highest score, for an output [N,K]; the number itself, for an output [N] or [N,1]
 * - a class index for all samples, or one for each
 * - another target expression, or its tree: one element or the mean of a region, for an output of any shape
 * - "against", for an output [N] or [N,1], or "against:3", "against:8@10,12": the evidence against the number, which is
 *   explained with the opposite sign
 * - `mask`: the mean of a class over a mask
 * - "all": all classes at once, by methods whose single pass gives all maps (cam, recipro-cam)
 * - "detections:0.5": each detection of at least that score; or one detection that `Model.detections` found
 * - `seed`: a weighted sum of an output of any shape, Σ seed ⊙ output; [1,…] for all samples or [N,…]
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
 * The explained scalar: a target, optionally its difference from another one (the evidence for the first rather than the
 * second), its log-probability instead of its score, or both.
 */
export type Target = PlainTarget | Contrast;

export interface Contrast {
  readonly of: PlainTarget;
  /** The subtracted target: a class, or one for each sample; an expression if `of` is one. */
  readonly versus?: PlainTarget;
  readonly quantity?: Quantity;
}

/** The explained quantity of a class: the model's output for it, or the logarithm of its softmax. */
export type Quantity = "score" | "log-probability";

export const quantities: readonly Quantity[] = ["score", "log-probability"];

/** A resolved target. */
export type ResolvedTarget = "top" | readonly number[] | { readonly seed: Tensor };

/** How the compiled graph selects the scalar: by arg-max, by an index input, or by a seed input. */
export type TargetKind = "top" | "index" | "seed";

export function kindOf(target: ResolvedTarget): TargetKind {
  if (target === "top") return "top";
  return "seed" in target ? "seed" : "index";
}

/** The scalar f(x) of every sample, as graph values. */
export interface TargetNodes {
  /** [N] int64: the explained class; -1 for a seed. */
  readonly target: Value;
  /** [N]: its score. */
  readonly score: Value;
  /** The gradient of Σ scores with respect to the output, in the shape of the output. */
  readonly seed: Value;
  /** Names of the inputs that define the target: a seed, classes, and the subtracted classes. */
  readonly inputs: Readonly<Partial<Record<"seed" | "target" | "versus", string>>>;
}

/**
 * The shape of an output with the samples first. A batch axis is added if a model for one sample omits it.
 *
 * @param batch the first extent of the input
 * @returns undefined if the output has no batch axis
 */
export function samplesFirst(shape: Shape, batch: Dim): Shape | undefined {
  const [first] = shape;
  if (first === batch || (typeof first === "string" && typeof batch === "string")) return shape;
  return batch === 1 ? [1, ...shape] : undefined;
}

/** As {@link samplesFirst}. @throws {TargetError} if the output has no batch axis */
export function shapeBySample({ name, fact }: Pick<Port, "name" | "fact">, batch: Dim): Shape {
  const shape = samplesFirst(fact.shape, batch);
  if (shape) return shape;
  throw new TargetError(
    `output "${name}" [${fact.shape.join(",")}] has no axis for the samples of a batch [${batch},…]`,
  );
}

/** Number of classes of scores [N,K], [N,K,1,…] or [N]; undefined for an output of another shape. */
export function classCount(shape: Shape, batch: Dim): number | undefined {
  const [, classes = 1, ...rest] = samplesFirst(shape, batch) ?? [0, "none"];
  return typeof classes === "number" && rest.every((d) => d === 1) ? classes : undefined;
}

/**
 * Adds the selection of the target from an output, its score and its seed.
 *
 * @param versus whether the score of a second class is subtracted
 * @throws {TargetError} if the output has no batch axis, or no classes to choose from
 */
export function emitTarget(
  b: GraphBuilder,
  output: Value,
  kind: TargetKind,
  batch: Dim,
  versus = false,
): TargetNodes {
  const at = b.within("target");
  const shape = shapeBySample(output, batch);
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
