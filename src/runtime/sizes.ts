import { InputError } from "../errors.js";
import type { Graph, Port } from "../onnx/ir.js";
import type { Dim, Shape } from "../tensor/shape.js";
import type { Tensor, Tensors } from "../tensor/tensor.js";

export type ImageSize = readonly [height: number, width: number];

/** What an image is taken to be where the model leaves its height and width open and nothing else says it. */
export const usualSize: ImageSize = [224, 224];

/** What tells the open extents of a model's inputs. */
export interface SizeSources {
  /** Height and width that were asked for. */
  readonly size?: ImageSize | undefined;
  /** The input that is explained. */
  readonly x?: Tensor;
  /** Values of the others. */
  readonly feeds?: Tensors;
}

/** Whether a model takes images of any size at this input. */
export const isOpen = ({ fact: { shape } }: Port): boolean =>
  shape.length === 4 && shape.slice(2).some((d) => typeof d === "string");

/**
 * Shapes for the inputs of a model that leaves extents open: the size that was asked for, else that of the values, else
 * {@link usualSize} for images. An extent of one name is the same everywhere. The batch stays open.
 *
 * @returns shapes of the inputs that have one to fill in, by name
 * @throws {InputError} where a size was asked for that the model does not take, or two values do not agree
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
    // What does not fit is refused where values are checked.
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

function checkSize(name: string, declared: readonly Dim[], [height, width]: ImageSize): void {
  const [h, w] = declared;
  if ((typeof h === "number" && h !== height) || (typeof w === "number" && w !== width)) {
    throw new InputError(`input "${name}" is fixed at ${h!}x${w!}, not ${height}x${width}`);
  }
}
