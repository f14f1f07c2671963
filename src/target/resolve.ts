import { TargetError } from "../errors.js";
import type { Port } from "../onnx/ir.js";
import { isStatic, sizeOf, type Dim, type Shape } from "../tensor/shape.js";
import { float32, type Tensor } from "../tensor/tensor.js";
import { detectionError, isDetection } from "./detection.js";
import { parseTarget, type TargetExpression } from "./parse.js";
import { classCount, shapeBySample, type PlainTarget, type ResolvedTarget } from "./target.js";
import { maskSeed, negated, seedFrom } from "./target-seeds.js";

/** The properties of an output that targets depend on. */
export interface TargetPort {
  readonly name: string;
  /** Shape with the samples first. */
  readonly shape: Shape;
  /** Number of classes, if the output has one score per class. */
  readonly classes: number | undefined;
}

/** @throws {TargetError} if the output has no batch axis */
export function targetPort(port: Port, batch: Dim): TargetPort {
  const shape = shapeBySample(port, batch);
  return { name: port.name, shape, classes: classCount(shape, batch) };
}

/** The forms of target expressions for an output of this shape. */
export function targetWords({ shape, classes }: TargetPort): string {
  if (classes === 1) return "top, 0 or against";
  if (classes !== undefined) return `top or a class from 0 to ${classes - 1}`;
  const rank = shape.length - 1;
  const element = Array.from({ length: rank }, (_, i) => "ijklmn"[i] ?? "…").join(",");
  const positions = rank - 1;
  if (positions < 1 || positions > axes.length) return element;
  if (positions === 1) return "box:i,class:j or i,j";
  return `class@${pointOf(positions)}, class@${regionWords(positions)}, class@ or ${element}`;
}

/** The axes of a position in the order of the expression: from the last axis of the output. */
const axes = ["x", "y", "z"] as const;
/** The names of their extents. */
const extents = ["wide", "high", "deep"] as const;

const pointOf = (count: number, end = ""): string =>
  axes
    .slice(0, count)
    .map((axis) => axis + end)
    .join(",");
const regionWords = (count: number): string => `${pointOf(count, "0")},${pointOf(count, "1")}`;

/**
 * Resolves a target expression, with all checks that are possible before the model runs.
 *
 * @param count number of samples
 * @throws {TargetError} if it does not fit the output; lists the forms that do
 */
export function resolveTarget(
  port: TargetPort,
  target: PlainTarget,
  count: number,
): ResolvedTarget {
  if (typeof target === "string") return resolveTarget(port, parseTarget(target), count);
  if (typeof target === "number")
    return classesFor(port, new Array<number>(count).fill(target), count, target);
  if ("seed" in target) {
    checkSeed(target.seed, port, count);
    return target;
  }
  if ("mask" in target) return { seed: maskSeed(target, port) };
  if (isDetection(target) || ("kind" in target && target.kind === "detections")) {
    throw detectionError(target);
  }
  if (!("kind" in target)) return classesFor(port, target, count, `[${target.join(",")}]`);
  if (target.kind === "against") return { seed: seedAgainst(port, target.of, count) };
  if (target.kind === "class" && port.classes !== undefined) {
    return resolveTarget(port, target.class, count);
  }
  if (target.kind !== "top" && target.kind !== "all") return { seed: seedOf(target, port) };
  if (port.classes === undefined) throw withoutClasses(port, target.kind);
  return "top";
}

function classesFor(
  port: TargetPort,
  indices: readonly number[],
  count: number,
  words: number | string,
): readonly number[] {
  const { classes } = port;
  if (classes === undefined) throw withoutClasses(port, words);
  if (indices.length !== count) {
    throw new TargetError(`${indices.length} targets for ${count} samples`);
  }
  const bad = indices.find((i) => !Number.isInteger(i) || i < 0 || i >= classes);
  if (bad !== undefined)
    throw new TargetError(`class ${bad} does not exist: ${classesOf(classes)}`);
  return indices;
}

const withoutClasses = (port: TargetPort, words: number | string): TargetError =>
  new TargetError(
    `output "${port.name}" is [${port.shape.join(",")}], which has no class scores [N,K] for the target ` +
      `${words}; ${targetWords(port)} would work`,
  );

/** "the model has classes 0 to 9" */
export function classesOf(classes: number): string {
  return classes === 1
    ? "the model's output is a single number; top, 0 or against would work"
    : `the model has classes 0 to ${classes - 1}`;
}

/** The seed of the evidence against a target: the negated seed. */
function seedAgainst(port: TargetPort, of: TargetExpression | undefined, count: number): Tensor {
  const target = of ?? (port.classes === 1 ? parseTarget("0") : undefined);
  if (target === undefined || target.kind === "top" || target.text === "") {
    const which = port.classes === undefined ? "against:TARGET" : "against:CLASS";
    const words = of ? `against:${of.text}` : "against";
    throw new TargetError(
      `target "${words}" needs the target that it argues against: write ${which}`,
    );
  }
  const chosen = resolveTarget(port, target, count);
  // A class or a seed: "top" is refused above.
  return negated(seedFrom(chosen as Exclude<ResolvedTarget, "top">, port));
}

function checkSeed({ dims }: Tensor, { shape, name }: TargetPort, count: number): void {
  const fits =
    dims.length === shape.length &&
    dims.every((d, i) => i === 0 || typeof shape[i] === "string" || shape[i] === d);
  if (!fits || (dims[0] !== 1 && dims[0] !== count)) {
    throw new TargetError(
      `a seed [${dims.join(",")}] does not fit output "${name}" [${shape.join(",")}]`,
    );
  }
}

/**
 * The seed of an element or a region, for an output of any fixed shape [N,…]:
 * - `3` or `3,1,4`: one element, by its index after the batch axis
 * - `class@x,y`: one pixel of a map [N,K,H,W]; `class@x` of a signal [N,K,L], `class@x,y,z` of a volume [N,K,D,H,W]
 * - `class@x0,y0,x1,y1`: the mean over a region, exclusive of the far edge; likewise `class@x0,x1` and
 *   `class@x0,y0,z0,x1,y1,z1`
 * - `class@`: the mean over the whole map
 * - `box:i,class:j`: the score of class j in row i of [N,boxes,classes]
 *
 * @returns [1,…] float32
 * @throws {TargetError} if the target does not fit the output
 */
export function seedOf(target: TargetExpression, port: TargetPort): Tensor<"float32"> {
  const { name, shape } = port;
  const dims = shape.slice(1);
  if (!isStatic(dims)) {
    throw new TargetError(
      `output "${name}" is [${shape.join(",")}]: its size must be fixed (--size)`,
    );
  }
  const data = new Float32Array(sizeOf(dims));
  const elements = elementsOf(
    target,
    dims,
    (why) =>
      new TargetError(
        `target "${target.text}" does not fit output "${name}" [N,${dims.join(",")}]: ${why}; ${targetWords(port)} would work`,
      ),
  );
  for (const element of elements) data[element] = 1 / elements.length;
  return float32([1, ...dims], data);
}

type Refuse = (why: string) => TargetError;

/** The elements of a target, by their index in one sample's output. */
function elementsOf(
  target: TargetExpression,
  dims: readonly number[],
  refuse: Refuse,
): readonly number[] {
  switch (target.kind) {
    case "region":
      return regionOf(target.class, target.positions, dims, refuse);
    case "box":
      return elementAt([target.box, target.class], dims, refuse);
    case "element":
      return elementAt(target.index, dims, refuse);
    case "class":
      return elementAt([target.class], dims, refuse);
    default:
      throw refuse("unrecognised target expression");
  }
}

function elementAt(
  index: readonly number[],
  dims: readonly number[],
  refuse: Refuse,
): readonly number[] {
  if (index.length !== dims.length) {
    throw refuse(`${dims.length} indices are needed, not ${index.length}`);
  }
  const bad = index.findIndex((v, axis) => v >= dims[axis]!);
  if (bad >= 0) throw refuse(`index ${index[bad]!} is out of range 0 to ${dims[bad]! - 1}`);
  return [index.reduce((at, v, axis) => at * dims[axis]! + v, 0)];
}

/** The elements of one channel of a map [K,…spatial]: one, a box, or all. */
function regionOf(
  channel: number,
  place: readonly number[],
  dims: readonly number[],
  refuse: Refuse,
): readonly number[] {
  const [channels = 0, ...positions] = dims;
  const rank = positions.length;
  if (rank < 1 || rank > axes.length) {
    throw refuse(`class@x,y needs a map [N,K,L], [N,K,H,W] or [N,K,D,H,W]`);
  }
  // In the order of the expression: the last axis first.
  const sizes = positions.toReversed();
  const numbers = place.length === 0 ? [...sizes.map(() => 0), ...sizes] : place;
  if (numbers.length !== rank && numbers.length !== 2 * rank) {
    throw refuse(`give ${pointOf(rank)} or ${regionWords(rank)}`);
  }
  if (numbers.some(Number.isNaN)) throw refuse("a number is missing");
  const from = numbers.slice(0, rank);
  const to = numbers.length === rank ? from.map((v) => v + 1) : numbers.slice(rank);
  if (channel >= channels || from.some((v, i) => v >= to[i]! || to[i]! > sizes[i]!)) {
    const size = sizes.map((extent, i) => `${extent} ${rank === 1 ? "long" : extents[i]!}`);
    throw refuse(
      `classes are 0 to ${channels - 1}, the map is ${[size.slice(0, -1).join(", "), size.at(-1)].filter(Boolean).join(" and ")}`,
    );
  }
  const starts = from.toReversed();
  const ends = to.toReversed();
  return positions.reduce<readonly number[]>(
    (before, extent, axis) => {
      const steps = Array.from(
        { length: ends[axis]! - starts[axis]! },
        (_, i) => starts[axis]! + i,
      );
      return before.flatMap((at) => steps.map((step) => at * extent + step));
    },
    [channel],
  );
}
