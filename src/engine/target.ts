import { TargetError } from "../errors.js";
import { int } from "../onnx/attribute.js";
import { type GraphBuilder } from "../onnx/builder.js";
import type { TypedGraph, Value } from "../onnx/ir.js";
import type { Shape } from "../tensor/shape.js";
import { float32, type Tensor } from "../tensor/tensor.js";
import { perSample } from "./per-sample.js";

/**
 * What is explained of each sample:
 * - "top": the class of the highest score, of an output [N,K]
 * - a class index for all samples, or one for each
 * - `seed`: any weighted sum of an output of any shape: Σ seed ⊙ output; [1,…] for all samples or [N,…]
 */
export type Target = "top" | number | readonly number[] | { readonly seed: Tensor };

/** How the scalar enters the compiled graph: chosen inside it, by an index, or by a seed. */
export type TargetKind = "top" | "index" | "seed";

export function kindOf(target: Target): TargetKind {
  if (target === "top") return "top";
  return typeof target === "object" && "seed" in target ? "seed" : "index";
}

/** The scalar f(x) of every sample, as graph. */
export interface TargetNodes {
  /** [N] int64: the class that is explained; -1 where a seed is. */
  readonly target: Value;
  /** [N]: its score. */
  readonly score: Value;
  /** The gradient of Σ scores with respect to the output, in the shape of the output. */
  readonly seed: Value;
  /** Name of the graph's second input, where there is one. */
  readonly input?: string;
}

/** Number of classes of an output [N,K]. @throws {TargetError} where it has another shape. */
export function classCount(graph: TypedGraph, output: string): number {
  const { shape } = graph.facts.get(output)!;
  const classes = shape[1];
  if (shape.length !== 2 || typeof classes !== "number") {
    throw new TargetError(
      `output "${output}" is [${shape.join(",")}], but a class score is read from [N,K]. ` +
        `The model has these outputs: ${describeOutputs(graph)}`,
    );
  }
  return classes;
}

export function describeOutputs(graph: TypedGraph): string {
  return graph.outputs.map((o) => `"${o.name}" [${o.fact.shape.join(",")}]`).join(", ");
}

/** Adds the choice of what is explained of an output, its score and its seed. */
export function emitTarget(
  b: GraphBuilder,
  graph: TypedGraph,
  output: Value,
  kind: TargetKind,
): TargetNodes {
  const at = b.within("target");
  const batch = output.fact.shape[0] ?? 1;
  if (kind === "seed") {
    const seed = b.input("seed", output.fact);
    const score = perSample(at, at.mul(output, seed, "weighted"), batch);
    const none = at.cast(at.scale(score, 0), "int64");
    return { target: at.sub(none, at.scalar(1, none)), score, seed, input: seed.name };
  }
  const classes = classCount(graph, output.name);
  const given =
    kind === "index" ? b.input("target", { dtype: "int64", shape: [batch] }) : undefined;
  const top = { axis: int(1), keepdims: int(0) };
  const target = given ?? at.op("ArgMax", [output], top, "top");
  const values = at.constant(float32([2], [0, 1]));
  const seed = at.op("OneHot", [target, at.ints([classes]), values], { axis: int(1) }, "seed");
  const score = at.sum(at.mul(output, seed), [1], false, "score");
  return { target, score, seed, ...(given ? { input: given.name } : {}) };
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
  if (!dims.every((d) => typeof d === "number")) {
    throw new TargetError(
      `output "${output}" is [${shape.join(",")}]: its size must be fixed (--size)`,
    );
  }
  const size = dims.reduce((p, d) => p * d, 1);
  const data = new Float32Array(size);
  const places = placesOf(text, dims, output);
  for (const place of places) data[place] = 1 / places.length;
  return float32([1, ...dims], data);
}

function placesOf(text: string, dims: readonly number[], output: string): readonly number[] {
  const refuse = (why: string): TargetError =>
    new TargetError(
      `target "${text}" does not fit output "${output}" [N,${dims.join(",")}]: ${why}`,
    );
  const box = /^box:(\d+),class:(\d+)$/.exec(text);
  const place = /^(\d+)@([\d,]*)$/.exec(text);
  if (place) {
    const [channels, height, width] = dims;
    if (dims.length !== 3) throw refuse("class@x,y needs a map [N,K,H,W]");
    const channel = Number(place[1]);
    const numbers = place[2] === "" ? [0, 0, width!, height!] : place[2]!.split(",").map(Number);
    if (numbers.length !== 2 && numbers.length !== 4) throw refuse("give x,y or x0,y0,x1,y1");
    const [x0, y0, x1 = numbers[0]! + 1, y1 = numbers[1]! + 1] = numbers as [number, number];
    if (channel >= channels! || x0 >= x1 || y0 >= y1 || x1 > width! || y1 > height!) {
      throw refuse(
        `classes are 0 to ${channels! - 1}, the map is ${width!} wide and ${height!} high`,
      );
    }
    const rows = Array.from({ length: y1 - y0 }, (_, i) => y0 + i);
    const columns = Array.from({ length: x1 - x0 }, (_, i) => x0 + i);
    return rows.flatMap((y) => columns.map((x) => (channel * height! + y) * width! + x));
  }
  const index = box ? [Number(box[1]), Number(box[2])] : text.split(",").map(Number);
  if (index.some((i) => !Number.isInteger(i) || i < 0)) {
    throw refuse("write 3,1,4 or class@x,y or box:i,class:j");
  }
  if (index.length !== dims.length)
    throw refuse(`${dims.length} indices are needed, not ${index.length}`);
  if (index.some((v, axis) => v >= dims[axis]!)) throw refuse("an index is out of range");
  return [index.reduce((at, v, axis) => at * dims[axis]! + v, 0)];
}
