import type { Node, TypedGraph } from "../onnx/ir.js";
import { parseEquation, type EinsumAttrs } from "../ops/layers/einsum.js";
import type { NodeView } from "../ops/core/node-view.js";
import type { Registry } from "../ops/core/registry.js";
import { normalizeAxis, type Dim, type Shape } from "../tensor/shape.js";
import {
  extentOf,
  imageLayout,
  isPlaces,
  isWhole,
  other,
  reshapeLayout,
  rolled,
  unknownLayout,
  type Axis,
  type Layout,
  type Place,
} from "./layout.js";

/** What a rule sees: the node, its output's shape, and the layouts of its inputs, where they depend on the image. */
interface Step {
  readonly view: NodeView;
  readonly shape: Shape;
  readonly inputs: readonly (Layout | undefined)[];
}

type Rule = (step: Step) => Layout | undefined;

/** Works on [N,C,…]: whatever happens to the extents, the image's axes stay where they are. */
const onImages: Rule = ({ shape, inputs: [x] }) =>
  x
    ?.slice(2)
    .every((axis, i) =>
      axis.every((a) => a.size === 1 || (a.role === "place" && a.axis === i && !a.shift)),
    )
    ? imageLayout(shape).with(0, samplesOf(x[0]!, shape))
    : onSlices(shape, x);

/** The same of a value whose spatial axes are some of the image's: the frames of a video, folded into the batch. */
function onSlices(shape: Shape, x: Layout | undefined): Layout | undefined {
  const spatial = x?.slice(2).map((axis) => axis.filter((a) => a.size !== 1));
  const isPlain = spatial?.every(
    ([a, ...more]) => more.length === 0 && (!a || (a.role === "place" && !a.shift)),
  );
  if (!x || !spatial || !isPlain) return undefined;
  const places = spatial.map(([a], i): Axis => {
    const size = shape[i + 2]!;
    return a ? [{ ...a, size, stride: 1 } as Place] : other(size);
  });
  return [samplesOf(x[0]!, shape), other(shape[1]!), ...places];
}

/** Parts of an image stay beside its samples. */
const samplesOf = (axis: Axis, [size = 1]: Shape): Axis =>
  isPlaces(axis) ? axis : [{ role: "batch", size }];

const transpose: Rule = ({ view, inputs: [x] }) => {
  const perm =
    (view.attrs as { perm?: readonly number[] }).perm ?? x!.map((_, i) => x!.length - 1 - i);
  return perm.map((p) => x![p]!);
};

const reshape: Rule = ({ shape, inputs: [x] }) => reshapeLayout(x!, shape);

/** Axes of extent 1 that come and go; the others stay as they are. */
const unsqueeze: Rule = (step) => {
  const { view, shape, inputs } = step;
  const axes = view.optionalNumbers(1)?.map((axis) => normalizeAxis(axis, shape.length));
  if (!axes) return reshape(step);
  const kept = inputs[0]!.values();
  return shape.map((_, i) => (axes.includes(i) ? [] : (kept.next().value ?? [])));
};

const squeeze: Rule = (step) => {
  const { view, inputs } = step;
  const x = inputs[0]!;
  const axes = view.optionalNumbers(1)?.map((axis) => normalizeAxis(axis, x.length));
  return axes ? x.filter((_, i) => !axes.includes(i)) : reshape(step);
};

/** Of layouts of one axis, the one that says most of it. */
function mostKnown(candidates: readonly Axis[]): Axis | undefined {
  const isBatch = (axis: Axis): boolean => axis.some((a) => a.role === "batch");
  return candidates.find(isPlaces) ?? candidates.find(isBatch) ?? candidates[0];
}

/** Element by element with broadcasting: each axis is that of an input that has its full extent and says most of it. */
const pointwise: Rule = ({ shape, inputs }) =>
  shape.map((size, i) => {
    const candidates = inputs.flatMap((layout) => {
      const axis = layout?.[i - shape.length + layout.length];
      return axis && extentOf(axis) === size ? [axis] : [];
    });
    return mostKnown(candidates) ?? other(size);
  });

/** The rows of the first factor, the columns of the second. */
const matMul: Rule = (step) => {
  const { shape, inputs } = step;
  const [a, b] = inputs;
  const last = shape.length - 1;
  const batch = pointwise({
    ...step,
    shape: shape.slice(0, -2),
    inputs: inputs.map((layout) => layout?.slice(0, -2)),
  })!;
  const row = a?.at(-2) ?? other(shape[last - 1]!);
  const column = b?.at(-1) ?? other(shape[last]!);
  return shape.length < 2 ? undefined : [...batch, row, column];
};

/** Each axis of the result is the one that carries its letter. */
const einsum: Rule = ({ view, shape, inputs }) => {
  const { terms, result } = parseEquation(view as NodeView<EinsumAttrs>);
  return Array.from(result).map((letter, i) => {
    const candidates = terms
      .map((term, k) => inputs[k]?.[term.indexOf(letter)])
      .filter((axis) => axis !== undefined);
    return mostKnown(candidates) ?? other(shape[i]!);
  });
};

const concat: Rule = (step) => {
  const { view, shape, inputs } = step;
  const axis = normalizeAxis((view.attrs as { axis: number }).axis, shape.length);
  const withPlaces = inputs.flatMap((layout, i) => (layout && isPlaces(layout[axis]!) ? [i] : []));
  const joined = (): Axis => {
    const [only] = withPlaces;
    const size = shape[axis]!;
    const [first, second, ...more] = inputs.map((layout) => layout?.[axis]);
    const roll = first && second && more.length === 0 ? rolled(first, second) : undefined;
    if (roll) return roll;
    if (withPlaces.length !== 1) return other(size);
    const ahead = inputs.slice(0, only).reduce((sum, _, i) => sum + Number(view.shape(i)[axis]), 0);
    const places = inputs[only!]![axis]!;
    const [atom] = places;
    if (atom?.role !== "tokens") return [{ role: "tokens", size, before: ahead, places }];
    return places.length === 1 ? [{ ...atom, size, before: ahead + atom.before }] : other(size);
  };
  return pointwise(step)!.map((a, i) => (i === axis ? joined() : a));
};

/** A part of an axis: all of its places, every k-th of them, or no longer places. */
function part(axis: Axis, start: number, step: number, size: Dim): Axis {
  const extent = extentOf(axis);
  const [atom] = axis;
  if (size === extent && start === 0 && step === 1) return axis;
  if (axis.length === 1 && atom!.role === "tokens" && step === 1 && start === atom!.before) {
    if (size === extentOf(atom!.places)) return atom!.places;
  }
  if (axis.length === 1 && atom!.role === "place" && step === 1 && typeof size === "number") {
    return [{ role: "other", size, cutFrom: { place: atom!, start, size } }];
  }
  const spread = step > 1 && start < step && size === Math.ceil((Number(extent) - start) / step);
  return isWhole(axis) && spread ? [{ ...atom!, size }] : other(size);
}

const slice: Rule = ({ view, shape, inputs: [x] }) => {
  const starts = view.optionalNumbers(1);
  if (!starts) return undefined;
  const axes = view.optionalNumbers(3) ?? starts.map((_, i) => i);
  const steps = view.optionalNumbers(4) ?? starts.map(() => 1);
  const result = [...x!];
  axes.forEach((given, k) => {
    const axis = normalizeAxis(given, shape.length);
    const extent = Number(extentOf(x![axis]!));
    const start = starts[k]! < 0 ? starts[k]! + extent : starts[k]!;
    result[axis] = part(x![axis]!, start, steps[k]!, shape[axis]!);
  });
  return result;
};

const split: Rule = ({ view, shape, inputs: [x] }) => {
  const axis = normalizeAxis((view.attrs as { axis: number }).axis, shape.length);
  return x!.map((a, i) => (i === axis ? other(shape[i]!) : a));
};

const gather: Rule = ({ view, shape, inputs: [x] }) => {
  if (!x) return undefined;
  const axis = normalizeAxis((view.attrs as { axis: number }).axis, x.length);
  const picked = shape.slice(axis, axis + shape.length - x.length + 1).map((size) => other(size));
  return [...x.slice(0, axis), ...picked, ...x.slice(axis + 1)];
};

/** Axes that are reduced away, or to an extent of one. */
const reduce: Rule = ({ view, shape, inputs: [x] }) => {
  const axes = new Set(
    (view.optionalNumbers(1) ?? x!.map((_, i) => i)).map((a) => normalizeAxis(a, x!.length)),
  );
  const kept = x!.flatMap((axis, i) =>
    axes.has(i) ? (shape.length === x!.length ? [[]] : []) : [axis],
  );
  return kept.length === shape.length ? kept : undefined;
};

/** Padding moves places by a few; the axis is still the image's. */
const pad: Rule = ({ shape, inputs: [x] }) =>
  x!.map((axis, i) => {
    if (extentOf(axis) === shape[i]) return axis;
    return isWhole(axis) ? [{ ...axis[0]!, size: shape[i]! }] : other(shape[i]!);
  });

const rules: Readonly<Record<string, Rule>> = {
  Conv: onImages,
  ConvTranspose: onImages,
  MaxPool: onImages,
  AveragePool: onImages,
  LpPool: onImages,
  GlobalAveragePool: onImages,
  GlobalMaxPool: onImages,
  Resize: onImages,
  DepthToSpace: onImages,
  SpaceToDepth: onImages,
  GridSample: onImages,
  Transpose: transpose,
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Einsum: einsum,
  MatMul: matMul,
  Gemm: ({ shape, inputs: [x] }) => [x?.[0] ?? other(shape[0]!), other(shape[1]!)],
  Concat: concat,
  Slice: slice,
  Split: split,
  Gather: gather,
  Pad: pad,
  Expand: pointwise,
  Tile: pointwise,
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceL1: reduce,
  ReduceL2: reduce,
};

/** Rules that do without a layout of the first input. */
const ofSeveral: ReadonlySet<Rule> = new Set([matMul, einsum, concat, pointwise]);

/**
 * The layout of every value that depends on the image.
 *
 * @param input an image [N,C,…]
 */
export function layoutsOf(
  graph: TypedGraph,
  registry: Registry,
  dependent: ReadonlySet<string>,
  input: string,
): ReadonlyMap<string, Layout> {
  const image = graph.facts.get(input)!.shape;
  const batch = image[0] ?? 1;
  const layouts = new Map<string, Layout>([[input, imageLayout(image)]]);
  // An open extent of that name is the batch, wherever it comes from.
  const named = (axis: Axis): Axis =>
    axis.map((a) =>
      a.size === batch && typeof batch === "string" ? { role: "batch", size: batch } : a,
    );
  for (const node of graph.nodes) {
    if (!node.outputs.some((name) => dependent.has(name))) continue;
    for (const output of node.outputs) {
      const fact = graph.facts.get(output);
      if (output === "" || !fact) continue;
      const known = layoutOf(graph, registry, node, fact.shape, layouts);
      const fits =
        known?.length === fact.shape.length && known.every((a, i) => extentOf(a) === fact.shape[i]);
      layouts.set(output, fits ? known.map(named) : unknownLayout(fact.shape, batch));
    }
  }
  return layouts;
}

/** The layout of one output of a node; undefined where it cannot be followed. */
export function layoutOf(
  graph: TypedGraph,
  registry: Registry,
  node: Node,
  shape: Shape,
  layouts: ReadonlyMap<string, Layout>,
): Layout | undefined {
  const inputs = node.inputs.map((name) => layouts.get(name));
  const rule = node.domain === "" ? rules[node.op] : undefined;
  if (rule) {
    if (!inputs[0] && !ofSeveral.has(rule)) return undefined;
    return rule({ view: registry.view(graph, node, () => false), shape, inputs });
  }
  // Everything else that keeps its shape (activations, normalizations, softmax) keeps its places.
  const sameShape =
    inputs[0]?.length === shape.length && inputs[0].every((a, i) => extentOf(a) === shape[i]);
  if (registry.of(node).pointwise || sameShape) {
    return pointwise({ view: registry.view(graph, node, () => false), shape, inputs });
  }
  return undefined;
}
