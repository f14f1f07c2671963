import type { Node, TypedGraph } from "../onnx/ir.js";
import type { AxisMapping } from "../ops/core/axis-mapping.js";
import type { NodeView } from "../ops/core/node-view.js";
import type { Registry } from "../ops/core/registry.js";
import type { Dim, Shape } from "../tensor/shape.js";
import {
  axesOfImage,
  extentOf,
  isPlaces,
  isWhole,
  other,
  reassembled,
  reshapeAxes,
  rolled,
  unknownAxes,
  type Place,
  type TracedAxes,
  type TracedAxis,
} from "./traced-axes.js";

/** The node, its output's shape, and the axes of its inputs, where they depend on the image. */
interface TraceStep {
  readonly view: NodeView;
  /** Index of the output. */
  readonly at: number;
  readonly shape: Shape;
  readonly inputs: readonly (TracedAxes | undefined)[];
}

/** The axes of a node's output by its record's mapping; undefined if they cannot be traced. */
function follow(mapping: AxisMapping, step: TraceStep): TracedAxes | undefined {
  const { shape, inputs } = step;
  switch (mapping.kind) {
    case "same":
      return aligned(step);
    case "labelled":
      return labelled(mapping, step);
    case "joined":
      return joined(mapping.axis, step);
    default: {
      const [x] = inputs;
      return x && followFirst(mapping, x, shape, step.at);
    }
  }
}

type OfFirst = Exclude<AxisMapping, { readonly kind: "same" | "labelled" | "joined" }>;

function followFirst(
  mapping: OfFirst,
  x: TracedAxes,
  shape: Shape,
  output: number,
): TracedAxes | undefined {
  switch (mapping.kind) {
    case "none":
    case "sequence":
      return undefined;
    case "spatial":
    case "resampled":
      return onImages(x, shape);
    case "padded":
      return x.map((axis, i) => padded(axis, shape[i]!));
    case "reshaped":
      return reshapeAxes(x, shape);
    case "permuted":
      return mapping.perm.map((p) => x[p]!);
    case "squeezed":
      return x.filter((_, i) => !mapping.axes.includes(i));
    case "unsqueezed": {
      const kept = x.values();
      return shape.map((_, i) => (mapping.axes.includes(i) ? [] : (kept.next().value ?? [])));
    }
    case "parted": {
      const { axis, sizes } = mapping;
      const start = sizes.slice(0, output).reduce((sum, size) => sum + size, 0);
      return x.map((own, i) => (i === axis ? part(own, start, 1, shape[i]!) : own));
    }
    case "sliced": {
      const { starts, steps } = mapping;
      return x.map((axis, i) => part(axis, starts[i]!, steps[i]!, shape[i]!));
    }
    case "replaced": {
      const { axis, by } = mapping;
      const others = shape.slice(axis, axis + by).map((size) => other(size));
      return [...x.slice(0, axis), ...others, ...x.slice(axis + 1)];
    }
    case "reduced":
      // keepdims gives the axis extent 1; otherwise it is removed.
      return x.flatMap((axis, i) => {
        if (!mapping.axes.includes(i)) return [axis];
        return shape.length === x.length ? [[]] : [];
      });
  }
}

/** Axes of [N,C,…spatial] after a spatial operator, which may change the extents but not the order. */
function onImages(x: TracedAxes, shape: Shape): TracedAxes | undefined {
  if (x.length < 2 || shape.length < 2) return undefined;
  const isImage = x
    .slice(2)
    .every((axis, i) =>
      axis.every((a) => a.size === 1 || (a.role === "place" && a.axis === i && !a.shift)),
    );
  return isImage ? axesOfImage(shape).with(0, samplesOf(x[0]!, shape)) : onSlices(x, shape);
}

/** As {@link onImages}, for a value with some of the image's axes: the frames of a video, folded into the batch. */
function onSlices(x: TracedAxes, shape: Shape): TracedAxes | undefined {
  const spatial = x.slice(2).map((axis) => axis.filter((a) => a.size !== 1));
  const isPlain = spatial.every(
    ([a, ...more]) => more.length === 0 && (!a || (a.role === "place" && !a.shift)),
  );
  if (!isPlain) return undefined;
  const positions = spatial.map(([a], i): TracedAxis => {
    const size = shape[i + 2]!;
    return a ? [{ ...a, size, stride: 1 } as Place] : other(size);
  });
  return [samplesOf(x[0]!, shape), other(shape[1]!), ...positions];
}

/** The first axis after a spatial operator; image axes folded into it are kept. */
const samplesOf = (axis: TracedAxis, [size = 1]: Shape): TracedAxis =>
  isPlaces(axis) ? axis : [{ role: "batch", size }];

/** The most informative of several inputs' versions of one axis. */
function mostKnown(candidates: readonly TracedAxis[]): TracedAxis | undefined {
  const isBatch = (axis: TracedAxis): boolean => axis.some((a) => a.role === "batch");
  return candidates.find(isPlaces) ?? candidates.find(isBatch) ?? candidates[0];
}

/** Axes of an element-wise result with broadcasting: each is an input's axis of the same extent. */
function aligned({ shape, inputs }: TraceStep): TracedAxes {
  return shape.map((size, i) => {
    const candidates = inputs.flatMap((axes) => {
      const axis = axes?.[i - shape.length + axes.length];
      return axis && extentOf(axis) === size ? [axis] : [];
    });
    return mostKnown(candidates) ?? other(size);
  });
}

type Labelled = Extract<AxisMapping, { readonly kind: "labelled" }>;

/** Axes of an einsum: each is an input's axis with the same letter and extent. */
function labelled({ terms, result }: Labelled, { shape, inputs }: TraceStep): TracedAxes {
  return Array.from(result).map((letter, i) => {
    const candidates = terms.flatMap((term, k) => {
      const axis = inputs[k]?.[term.indexOf(letter)];
      return axis && extentOf(axis) === shape[i] ? [axis] : [];
    });
    return mostKnown(candidates) ?? other(shape[i]!);
  });
}

/** Axes of a concatenation. Positions beside class tokens stay positions; the halves of a rolled axis become one axis. */
function joined(axis: number, step: TraceStep): TracedAxes {
  const { view, shape, inputs } = step;
  const size = shape[axis]!;
  const whole = (): TracedAxis => {
    const [first, second, ...more] = inputs.map((axes) => axes?.[axis]);
    const roll = first && second && more.length === 0 ? rolled(first, second) : undefined;
    if (roll) return roll;
    const again = reassembled(inputs.map((axes) => axes?.[axis]));
    if (again) return again;
    const withPlaces = inputs.flatMap((axes, i) => (axes && isPlaces(axes[axis]!) ? [i] : []));
    const [only] = withPlaces;
    if (only === undefined || withPlaces.length > 1) return other(size);
    const ahead = inputs.slice(0, only).reduce((sum, _, i) => sum + Number(view.shape(i)[axis]), 0);
    const positions = inputs[only]![axis]!;
    const [atom] = positions;
    if (atom?.role !== "tokens") return [{ role: "tokens", size, before: ahead, positions }];
    return positions.length === 1 ? [{ ...atom, size, before: ahead + atom.before }] : other(size);
  };
  return aligned(step).with(axis, whole());
}

/** A slice of an axis: all positions, every k-th one, or an axis without positions. */
function part(axis: TracedAxis, start: number, step: number, size: Dim): TracedAxis {
  const extent = extentOf(axis);
  const [atom] = axis;
  if (size === extent && start === 0 && step === 1) return axis;
  if (axis.length === 1 && atom!.role === "tokens" && step === 1 && start === atom!.before) {
    if (size === extentOf(atom!.positions)) return atom!.positions;
  }
  if (axis.length === 1 && atom!.role === "place" && step === 1 && typeof size === "number") {
    return [{ role: "other", size, cutFrom: { place: atom!, start, size } }];
  }
  const spread = step > 1 && start < step && size === Math.ceil((Number(extent) - start) / step);
  return isWhole(axis) && spread ? [{ ...atom!, size }] : other(size);
}

/** A padded axis is still the image's: padding moves positions by a few pixels only. */
function padded(axis: TracedAxis, size: Dim): TracedAxis {
  if (extentOf(axis) === size) return axis;
  return isWhole(axis) ? [{ ...axis[0]!, size }] : other(size);
}

/**
 * Traces the image's axes through every value that depends on it.
 *
 * @param input name of an input [N,C,…spatial]
 */
export function traceImageAxes(
  graph: TypedGraph,
  registry: Registry,
  dependent: ReadonlySet<string>,
  input: string,
): ReadonlyMap<string, TracedAxes> {
  const image = graph.facts.get(input)!.shape;
  const batch = image[0] ?? 1;
  const traced = new Map<string, TracedAxes>([[input, axesOfImage(image)]]);
  // Every open extent with the batch's name is the batch.
  const named = (axis: TracedAxis): TracedAxis =>
    axis.map((a) =>
      a.size === batch && typeof batch === "string" ? { role: "batch", size: batch } : a,
    );
  for (const node of graph.nodes) {
    if (!node.outputs.some((name) => dependent.has(name))) continue;
    for (const output of node.outputs) {
      const fact = graph.facts.get(output);
      if (output === "" || !fact) continue;
      const known = traceNode(graph, registry, node, fact.shape, traced, output);
      const fits =
        known?.length === fact.shape.length && known.every((a, i) => extentOf(a) === fact.shape[i]);
      traced.set(output, fits ? known.map(named) : unknownAxes(fact.shape, batch));
    }
  }
  return traced;
}

/** The axes of one output of a node; undefined if they cannot be traced. */
export function traceNode(
  graph: TypedGraph,
  registry: Registry,
  node: Node,
  shape: Shape,
  traced: ReadonlyMap<string, TracedAxes>,
  output = node.outputs[0]!,
): TracedAxes | undefined {
  const at = node.outputs.indexOf(output);
  const view = registry.view(graph, node, () => false);
  const inputs = node.inputs.map((name) => traced.get(name));
  return follow(registry.of(node).axes(view), { view, at, shape, inputs });
}
