import { InputError, UsageError } from "../errors.js";
import type { Graph, Port } from "../onnx/ir.js";
import type { Dim, Shape } from "../tensor/shape.js";
import type { Tensor, Tensors } from "../tensor/tensor.js";

export type ImageSize = readonly [height: number, width: number];

/** Default height and width of an image, if the model leaves them open and no other source gives them. */
export const usualSize: ImageSize = [224, 224];

/** Sources of the open extents of a model's inputs. */
export interface SizeSources {
  /** The requested height and width. */
  readonly size?: ImageSize | undefined;
  /** The explained input. */
  readonly x?: Tensor;
  /** Values of the other inputs. */
  readonly feeds?: Tensors;
}

/** Whether a model takes images of any size at this input. */
export const isOpen = ({ fact: { shape } }: Port): boolean =>
  shape.length === 4 && shape.slice(2).some((d) => typeof d === "string");

/**
 * Shapes for the inputs of a model with open extents: the requested size, else that of the values, else {@link usualSize}
 * for images. Extents of the same name are equal. The batch stays open.
 *
 * @returns shapes of the inputs with open extents, by name
 * @throws {InputError} if the model does not accept the requested size, or two values disagree
 */
export function openSizes(
  graph: Graph,
  input: string,
  { size, x, feeds = new Map() }: SizeSources,
): ReadonlyMap<string, Shape> {
  const bound = new Map<string, number>();
  const explained = graph.inputs.find((i) => i.name === input)!;
  const batch = explained.fact.shape[0];
  const bind = (declared: Dim | undefined, extent: number): void => {
    if (typeof declared !== "string" || declared === batch) return;
    if ((bound.get(declared) ?? extent) !== extent) {
      throw new InputError(
        `"${declared}" is ${bound.get(declared)!} in one place, ${extent} in another`,
      );
    }
    bound.set(declared, extent);
  };
  for (const { name, fact } of size ? graph.inputs : []) {
    if (fact.shape.length !== 4) continue;
    const [, , height, width] = fact.shape;
    checkSize(name, [height!, width!], size!);
    bind(height, size![0]);
    bind(width, size![1]);
  }
  const values = new Map(x ? [...feeds, [input, x]] : feeds);
  for (const { name, fact } of graph.inputs) {
    const dims = values.get(name)?.dims;
    // Values that do not fit are refused by feedsOf.
    if (dims?.length !== fact.shape.length) continue;
    fact.shape.forEach((d, i) => {
      if (i > 0 || name !== input) if (!(size && fact.shape.length === 4)) bind(d, dims[i]!);
    });
  }
  for (const { fact } of graph.inputs.filter(isOpen)) {
    fact.shape.slice(2).forEach((d, i) => {
      if (typeof d === "string" && !bound.has(d)) bind(d, usualSize[i]!);
    });
  }
  const filled = (shape: Shape): Shape => shape.map((d) => bound.get(String(d)) ?? d);
  return new Map(
    graph.inputs
      .filter(({ fact }) => fact.shape.some((d) => bound.has(String(d))))
      .map(({ name, fact }) => [name, filled(fact.shape)]),
  );
}

/**
 * These sizes with the open batch of a model replaced by a number.
 *
 * @throws {UsageError} if the model's batch is fixed to another number
 */
export function withBatch(
  graph: Graph,
  input: string,
  count: number,
  sizes: ReadonlyMap<string, Shape> = new Map(),
): ReadonlyMap<string, Shape> {
  const [batch = 1] = graph.inputs.find((i) => i.name === input)!.fact.shape;
  if (typeof batch === "number") {
    if (batch === count) return sizes;
    throw new UsageError(
      `input "${input}" has ${batch} samples in the model's file, not ${count}: omit option batch`,
    );
  }
  const open = graph.inputs.filter(({ fact }) => fact.shape.includes(batch));
  const shapeOf = ({ name, fact }: Port): Shape => sizes.get(name) ?? fact.shape;
  const written = open.map((port): [string, Shape] => [
    port.name,
    shapeOf(port).map((d) => (d === batch ? count : d)),
  ]);
  return new Map([...sizes, ...written]);
}

function checkSize(name: string, declared: readonly Dim[], [height, width]: ImageSize): void {
  const [h, w] = declared;
  if ((typeof h === "number" && h !== height) || (typeof w === "number" && w !== width)) {
    throw new InputError(`input "${name}" is fixed at ${h!}x${w!}, not ${height}x${width}`);
  }
}
