import { ints } from "../../onnx/attribute.js";
import type { Node, TypedGraph } from "../../onnx/ir.js";
import { normalizeAxis } from "../../tensor/shape.js";
import { toNumbers } from "../../tensor/tensor.js";
import { outerNames, prune } from "../../onnx/prune.js";

/**
 * Merges each Slice that crops a convolution's output into the convolution's pads, if nothing else reads that output:
 * smaller pads for a Conv with stride 1, larger ones for a ConvTranspose. The values are the same.
 */
export function mergeCrops(graph: TypedGraph): TypedGraph {
  const writers = new Map(graph.nodes.map((node) => [node.outputs[0]!, node]));
  const readers = new Map<string, number>(graph.outputs.map(({ name }) => [name, 1]));
  for (const node of graph.nodes) {
    for (const name of [...node.inputs, ...outerNames(node)]) {
      readers.set(name, (readers.get(name) ?? 0) + 1);
    }
  }
  const replaced = new Map<Node, Node>();
  for (const slice of graph.nodes) {
    const source = slice.op === "Slice" ? writers.get(slice.inputs[0]!) : undefined;
    if (!source || !convolutions.has(source.op) || readers.get(source.outputs[0]!) !== 1) continue;
    const pads = mergedPads(graph, source, slice);
    if (!pads) continue;
    const attributes = { ...source.attributes, pads: ints(pads) };
    replaced.set(slice, { ...source, outputs: slice.outputs, attributes });
    replaced.set(source, slice);
  }
  if (replaced.size === 0) return graph;
  // The convolution takes the position of the Slice; its old position is removed.
  const nodes = graph.nodes.flatMap((node) => {
    const merged = replaced.get(node) ?? node;
    return merged.op === "Slice" && merged !== node ? [] : [merged];
  });
  return prune({ ...graph, nodes });
}

const convolutions: ReadonlySet<string> = new Set(["Conv", "ConvTranspose"]);

/** The pads with which a convolution yields the cropped output; undefined if no pads do. */
function mergedPads(graph: TypedGraph, conv: Node, slice: Node): number[] | undefined {
  const cuts = conv.domain === "" ? cutsOf(graph, slice) : undefined;
  const rank = (cuts?.length ?? 0) / 2;
  const numbers = (name: string, otherwise: number[]): readonly number[] => {
    const attribute = conv.attributes[name];
    return attribute?.type === "ints" ? attribute.value : otherwise;
  };
  const pad = conv.attributes.auto_pad;
  const isAuto = pad?.type === "string" && pad.value !== "NOTSET";
  if (!cuts || isAuto || conv.attributes.output_shape) return undefined;
  const pads = numbers("pads", new Array<number>(2 * rank).fill(0));
  if (conv.op === "ConvTranspose") return pads.map((p, i) => p + cuts[i]!);
  const isDense = conv.op === "Conv" && numbers("strides", [1]).every((s) => s === 1);
  const left = pads.map((p, i) => p - cuts[i]!);
  return isDense && left.every((p) => p >= 0) ? left : undefined;
}

/** How much a Slice crops off each spatial axis, begins first; undefined if it does anything else. */
function cutsOf({ facts, constants }: TypedGraph, slice: Node): number[] | undefined {
  const [x = "", ...rest] = slice.inputs;
  const { shape } = facts.get(x)!;
  const given = rest.map((name) => constants.get(name)).map((t) => t && Array.from(toNumbers(t)));
  const [starts, ends, axes, steps] = given;
  if (!starts || !ends || !axes || rest.length > (steps ? 4 : 3)) return undefined;
  if (steps?.some((step) => step !== 1)) return undefined;
  const rank = shape.length - 2;
  const cuts = new Array<number>(2 * rank).fill(0);
  for (const [i, named] of axes.entries()) {
    const axis = normalizeAxis(named, shape.length);
    const extent = shape[axis];
    if (axis < 2 || typeof extent !== "number") return undefined;
    const place = (at: number): number => Math.min(Math.max(at < 0 ? at + extent : at, 0), extent);
    cuts[axis - 2] = place(starts[i]!);
    cuts[axis - 2 + rank] = extent - place(ends[i]!);
  }
  return cuts;
}
