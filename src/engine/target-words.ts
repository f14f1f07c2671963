import { TargetError } from "../errors.js";
import type { Port } from "../onnx/ir.js";
import { isStatic, sizeOf, type Dim, type Shape } from "../tensor/shape.js";
import { float32, type Tensor } from "../tensor/tensor.js";
import { classCount, samplesFirst, type PlainTarget, type ResolvedTarget } from "./target.js";

/** An output as targets see it. */
export interface TargetPort {
  readonly name: string;
  /** With the samples first. */
  readonly shape: Shape;
  /** Number of classes, where it holds one score for each. */
  readonly classes: number | undefined;
}

/** @throws {TargetError} where the output has no axis for the samples of a batch */
export function targetPort({ name, fact }: Port, batch: Dim): TargetPort {
  const shape = samplesFirst(fact.shape, batch);
  if (!shape) {
    throw new TargetError(
      `output "${name}" [${fact.shape.join(",")}] has no axis for the samples of a batch [${batch},…]`,
    );
  }
  return { name, shape, classes: classCount(fact.shape, batch) };
}

/** The targets that an output of this shape has, in the words of {@link seedOf}. */
export function targetWords({ shape, classes }: TargetPort): string {
  if (classes === 1) return "top or 0";
  if (classes !== undefined) return `top or a class from 0 to ${classes - 1}`;
  const rank = shape.length - 1;
  const element = Array.from({ length: rank }, (_, i) => "ijklmn"[i] ?? "…").join(",");
  if (rank === 3) return `class@x,y, class@x0,y0,x1,y1, class@ or ${element}`;
  return rank === 2 ? `box:i,class:j or ${element}` : element;
}

/**
 * A target without words, checked as far as it can be before the model runs.
 *
 * @param count number of samples
 * @throws {TargetError} where it does not fit the output; says what would
 */
export function resolveTarget(
  port: TargetPort,
  target: PlainTarget,
  count: number,
): ResolvedTarget {
  const { name, shape, classes } = port;
  if (typeof target === "object" && "seed" in target) {
    checkSeed(target.seed, port, count);
    return target;
  }
  if (typeof target === "string" && target !== "top") {
    const isClass = classes !== undefined && /^\d+$/.test(target);
    return isClass
      ? resolveTarget(port, Number(target), count)
      : { seed: seedOf(target, shape, name) };
  }
  if (classes === undefined) {
    throw new TargetError(
      `output "${name}" is [${shape.join(",")}], which has no class scores [N,K] for the target ` +
        `${describe(target)}; ${targetWords(port)} would work`,
    );
  }
  if (target === "top") return target;
  const indices = typeof target === "number" ? new Array<number>(count).fill(target) : target;
  if (indices.length !== count) {
    throw new TargetError(`${indices.length} targets for ${count} samples`);
  }
  const bad = indices.find((i) => !Number.isInteger(i) || i < 0 || i >= classes);
  if (bad !== undefined) {
    throw new TargetError(`class ${bad} does not exist: the model has classes 0 to ${classes - 1}`);
  }
  return indices;
}

const describe = (target: string | number | readonly number[]): string =>
  typeof target === "object" ? `[${target.join(",")}]` : `${target}`;

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
 * The seed of a target given in words, for an output of any fixed shape [N,…]:
 * - `3` or `3,1,4`: one element, by its index after the batch axis
 * - `class@x,y`: one pixel of a map [N,K,H,W]
 * - `class@x0,y0,x1,y1`: the mean over a region of it, the far edge not included
 * - `class@`: the mean over the whole map
 * - `box:i,class:j`: the score of class j in row i of [N,boxes,classes]
 *
 * @returns [1,…] float32
 * @throws {TargetError} where the words do not fit the output
 */
export function seedOf(text: string, shape: Shape, output: string): Tensor<"float32"> {
  const dims = shape.slice(1);
  if (!isStatic(dims)) {
    throw new TargetError(
      `output "${output}" is [${shape.join(",")}]: its size must be fixed (--size)`,
    );
  }
  const data = new Float32Array(sizeOf(dims));
  const places = placesOf(text, dims, (why) => {
    const words = targetWords({ name: output, shape, classes: classCount(shape, shape[0]!) });
    return new TargetError(
      `target "${text}" does not fit output "${output}" [N,${dims.join(",")}]: ${why}; ${words} would work`,
    );
  });
  for (const place of places) data[place] = 1 / places.length;
  return float32([1, ...dims], data);
}

type Refuse = (why: string) => TargetError;

/** The elements that the words mean, by their place in one sample's output. */
function placesOf(text: string, dims: readonly number[], refuse: Refuse): readonly number[] {
  const region = /^(\d+)@([\d,]*)$/.exec(text);
  if (region) return regionOf(Number(region[1]), region[2]!, dims, refuse);
  const box = /^box:(\d+),class:(\d+)$/.exec(text);
  const index = box ? [Number(box[1]), Number(box[2])] : text.split(",").map(indexIn);
  if (index.some(Number.isNaN)) throw refuse("it is none of the words that are known");
  if (index.length !== dims.length) {
    throw refuse(`${dims.length} indices are needed, not ${index.length}`);
  }
  const bad = index.findIndex((v, axis) => v >= dims[axis]!);
  if (bad >= 0) throw refuse(`index ${index[bad]!} is out of range 0 to ${dims[bad]! - 1}`);
  return [index.reduce((at, v, axis) => at * dims[axis]! + v, 0)];
}

const indexIn = (text: string): number => (/^\d+$/.test(text.trim()) ? Number(text) : NaN);

/** The pixels of one channel of a map [K,H,W]: one, a rectangle, or all. */
function regionOf(
  channel: number,
  place: string,
  dims: readonly number[],
  refuse: Refuse,
): readonly number[] {
  if (dims.length !== 3) throw refuse("class@x,y needs a map [N,K,H,W]");
  const [channels, height, width] = dims as [number, number, number];
  const numbers = place === "" ? [0, 0, width, height] : place.split(",").map(indexIn);
  if (numbers.length !== 2 && numbers.length !== 4) throw refuse("give x,y or x0,y0,x1,y1");
  if (numbers.some(Number.isNaN)) throw refuse("a number is missing");
  const [x0, y0, x1 = numbers[0]! + 1, y1 = numbers[1]! + 1] = numbers as [number, number];
  if (channel >= channels || x0 >= x1 || y0 >= y1 || x1 > width || y1 > height) {
    throw refuse(`classes are 0 to ${channels - 1}, the map is ${width} wide and ${height} high`);
  }
  const rows = Array.from({ length: y1 - y0 }, (_, i) => y0 + i);
  const columns = Array.from({ length: x1 - x0 }, (_, i) => x0 + i);
  return rows.flatMap((y) => columns.map((x) => (channel * height + y) * width + x));
}
