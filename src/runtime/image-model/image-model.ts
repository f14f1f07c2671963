import { activePath } from "../../analysis/active-path.js";
import { findImageAxes } from "../../analysis/find-image-axes.js";
import {
  asBag,
  asOneSample,
  parseLayout,
  withSamplesOn,
  type ImageAxes,
} from "../../analysis/image-axes.js";
import { sampleRows } from "../../analysis/sample-rows.js";
import { traceImageAxes } from "../../analysis/trace-image-axes.js";
import { LayoutError } from "../../errors.js";
import type { Graph, TypedGraph } from "../../onnx/ir.js";
import type { Registry } from "../../ops/core/registry.js";
import { inferKnown } from "../../passes/infer-shapes.js";
import { canonicalize } from "../../passes/prepare.js";
import type { Dim } from "../../tensor/shape.js";
import { ImageForm } from "./image-form.js";
import { realReading } from "./integer-image.js";
import { extractSubgraph, type Subgraph } from "../subgraph.js";

/** A model whose explained input is an image [N,C,…spatial] float32, and the conversion from and to its own input. */
export interface ImageModel {
  readonly graph: Graph;
  readonly part: Subgraph;
  readonly form: ImageForm;
  /** The reason why the axes are unknown. The input is then taken as [N,C,…], which suffices for all but maps. */
  readonly undecided?: string;
}

/**
 * The model with its input as image.
 *
 * @param own the explained part
 * @param layout one letter per axis of the input, such as "NHWC"; inferred unless given
 * @throws {LayoutError} if the layout does not fit
 */
export function imageModel(
  model: Graph,
  own: Subgraph,
  registry: Registry,
  layout: string | undefined,
): ImageModel {
  const { graph: needed, input, output } = own;
  const port = model.inputs.find((i) => i.name === input)!;
  const found =
    layout === undefined
      ? findAxes(needed, registry, { input, output })
      : parseLayout(layout, port.fact.shape);
  const axes = typeof found === "string" ? asDeclared(port.fact.shape) : found;
  const form = new ImageForm(axes, port, realReading(model, input) !== undefined);
  const graph = form.apply(model);
  const part = graph === model ? own : extractSubgraph(graph, { input, output });
  return { graph, part, form, ...(typeof found === "string" ? { undecided: found } : {}) };
}

/** @throws {LayoutError} if the spatial axes are unknown */
export function checkDecided({ form, undecided }: ImageModel): void {
  if (undecided === undefined) return;
  const { name, fact } = form.port;
  throw new LayoutError(
    `input "${name}" is [${fact.shape.join(",")}], and ${undecided}: name them with option layout, such as NHWC or NCL; ` +
      'decompositions ("verify") do not need them',
  );
}

/** The axes of [N,C,…spatial]. */
function asDeclared(shape: readonly Dim[]): ImageAxes {
  const spatial = shape.flatMap((_, i) => (i > 1 ? [i] : []));
  return { layout: "", batch: 0, channels: shape.length > 1 ? 1 : undefined, spatial, because: "" };
}

function findAxes(
  model: Graph,
  registry: Registry,
  { input, output }: Pick<Subgraph, "input" | "output">,
): ImageAxes | string {
  const lifted = canonicalize(model);
  const known = inferKnown(lifted, registry);
  const axes = findImageAxes(known, registry, input);
  if (typeof axes === "string" || axes.batch === undefined) return axes;
  return isBag(lifted, known, registry, { input, output, axis: axes.batch })
    ? asBag(axes, output)
    : independent(axes, known, registry, { input, output });
}

/**
 * These axes with the samples on an axis whose rows do not mix in the output. The first layer may take them elsewhere:
 * a matrix product reads time steps [T,N,C] as it reads samples. Without such an axis, the input is one sample; a
 * picture of an open batch keeps its axis, of extent 1.
 */
function independent(
  axes: ImageAxes,
  known: TypedGraph,
  registry: Registry,
  { input, output }: Pick<Subgraph, "input" | "output">,
): ImageAxes {
  const { shape } = known.facts.get(input)!;
  const rows = (axis: number): string => sampleRows(known, registry, { input, output, axis });
  const batch = axes.batch!;
  if (shape[batch] === 1 || rows(batch) !== "mixed") return axes;
  const isSeparate = (axis: number): boolean =>
    shape[axis] === 1 || ["first", "elsewhere"].includes(rows(axis));
  const other = axes.spatial.find(isSeparate);
  if (other !== undefined) return withSamplesOn(axes, other);
  const isPicture = typeof shape[batch] === "string" && axes.spatial.length > 1;
  return isPicture ? axes : asOneSample(axes, output);
}

/**
 * Whether the batch axis of the layers contains parts of one sample: the output has no axis of that extent, and its shape
 * does not depend on it.
 */
function isBag(
  graph: Graph,
  known: TypedGraph,
  registry: Registry,
  {
    input,
    output,
    axis,
  }: { readonly input: string; readonly output: string; readonly axis: number },
): boolean {
  const { shape } = known.facts.get(input)!;
  const fact = known.facts.get(output);
  const extent = shape[axis]!;
  if (extent === 1 || !fact || fact.shape.some((d) => typeof d === "string")) return false;
  if (typeof extent === "number") {
    const [first] = fact.shape;
    if (typeof first === "number" && first > 0 && first % extent === 0) return false;
    const isClasses = fact.shape.length === 2 && first === 1;
    return isClasses || !hasSamples(known, registry, input, output, extent);
  }
  // Shapes fixed by an exporter fit no other number of samples.
  const two = shape.map((d, i) => (i === axis ? 2 : d));
  const other = inferKnown(graph, registry, new Map([[input, two]])).facts.get(output);
  return other !== undefined && other.shape.join() === fact.shape.join();
}

function hasSamples(
  known: TypedGraph,
  registry: Registry,
  input: string,
  output: string,
  extent: number,
): boolean {
  const { dependent } = activePath(known, registry, [input]);
  const layout = traceImageAxes(known, registry, dependent, input).get(output);
  const isThere = layout?.some((atoms) => atoms.some((a) => a.role === "batch"));
  return isThere === true || known.facts.get(output)!.shape.includes(extent);
}
