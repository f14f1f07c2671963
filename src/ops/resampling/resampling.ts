import { type GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { normalizeAxis, sameShape, staticShape, type Dim } from "../../tensor/shape.js";
import { checkMade } from "../../tensor/tensor.js";
import { alongAxis } from "../core/along-axis.js";
import type { NodeView } from "../core/node-view.js";
import {
  coordinateModes,
  nearestModes,
  resamplingMatrix,
  resizeModes,
  type ResizedAxis,
  type Sampling,
} from "./resampling-matrix.js";
import type { OpSpec } from "../core/spec.js";

const policies = ["stretch", "not_larger", "not_smaller"] as const;

export interface ResizeAttrs extends Sampling {
  readonly axes: readonly number[] | undefined;
  readonly policy: (typeof policies)[number];
}

function axesOf(n: NodeView<ResizeAttrs>): number[] {
  const axes = n.attrs.axes?.map((a) => normalizeAxis(a, n.rank())) ?? n.shape().map((_, i) => i);
  if (new Set(axes).size !== axes.length) throw n.error("an axis is given twice");
  return axes;
}

/**
 * The longest axis that is resized: its matrix is dense, and with antialias a row has up to four weights per input.
 */
const longestAxis = 1 << 16;

/** The elements of an optional input, one per resized axis; an empty tensor counts as absent. */
function given(n: NodeView<ResizeAttrs>, i: number): readonly Dim[] | undefined {
  if (!n.optional(i) || n.shape(i)[0] === 0) return undefined;
  const elements = n.elements(i);
  const what = i === 2 ? "scales" : "sizes";
  if (!elements) throw n.error(`its ${what} must be known`);
  const count = axesOf(n).length;
  if (elements.length === count) return elements;
  throw n.error(`${elements.length} ${what} for ${count} axes`);
}

/** The extents of the output, and the scale along each axis that is resized. */
function resized(n: NodeView<ResizeAttrs>): { dims: Dim[]; scales: Map<number, number> } {
  const axes = axesOf(n);
  const dims = [...n.shape()];
  const scales = new Map<number, number>();
  const sizes = given(n, 3);
  if (sizes) {
    const ratios = axes.map((axis, k) => Number(sizes[k]) / Number(dims[axis]));
    const { policy } = n.attrs;
    const common = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
    axes.forEach((axis, k) => {
      if (policy === "stretch") {
        scales.set(axis, sizes[k] === dims[axis] ? 1 : Math.fround(ratios[k]!));
        dims[axis] = sizes[k]!;
        return;
      }
      scales.set(axis, Math.fround(common));
      dims[axis] = Math.floor(Number(dims[axis]) * common + 0.5);
    });
    return { dims, scales };
  }
  const factors = given(n, 2);
  if (!factors) throw n.error("it has neither scales nor sizes");
  axes.forEach((axis, k) => {
    const [extent, scale] = [dims[axis]!, factors[k]];
    if (typeof scale !== "number") throw n.error("its scales must be constant");
    if (!(scale > 0)) throw n.error(`scale ${scale} must be positive`);
    scales.set(axis, scale);
    if (scale === 1) return;
    // In single precision, as in ONNX Runtime: 10 × 0.7 is 7.
    dims[axis] =
      typeof extent === "number" ? Math.floor(Math.fround(extent * scale)) : `(${extent}x${scale})`;
  });
  return { dims, scales };
}

// y = x resampled along each axis by a matrix of weights: linear in x, no bias. dx: the transposed matrices.
const resize: OpSpec<ResizeAttrs> = {
  type: "Resize",
  since: 18,
  arity: [1, 4],
  role: "resampling",
  axes: () => ({ kind: "resampled" }),
  newer: ["coordinate_transformation_mode=half_pixel_symmetric"],
  attrs: (a) => ({
    axes: a.ints("axes"),
    policy: a.word("keep_aspect_ratio_policy", policies, "stretch"),
    mode: a.word("mode", resizeModes, "nearest"),
    coordinates: a.word("coordinate_transformation_mode", coordinateModes, "half_pixel"),
    nearest: a.word("nearest_mode", nearestModes, "round_prefer_floor"),
    cubicCoefficient: a.float("cubic_coeff_a", -0.75),
    excludeOutside: a.flag("exclude_outside"),
    antialias: a.flag("antialias"),
  }),
  infer: (n) => [n.like(resized(n).dims)],
  vjp: (b, n, [dy]) => [
    () => {
      if (n.attrs.coordinates === "tf_crop_and_resize") {
        throw n.refusal('coordinate_transformation_mode "tf_crop_and_resize" has no gradient yet');
      }
      return resizeGradient(b, n, dy!);
    },
    ...n.inputs.slice(1).map((_, i) => (i === 2 ? "integer" : "constant")),
  ],
  bias: () => "none",
};

/** An axis that a Resize changes, with its resampling matrix. */
export interface Resampling extends ResizedAxis {
  readonly axis: number;
  /** [to, from], row-major. */
  readonly matrix: Float64Array;
}

/** The resamplings of a Resize with fixed extents. @throws {ShapeError} if a matrix would be too large */
export function resamplings(n: NodeView<ResizeAttrs>): readonly Resampling[] {
  const { dims, scales } = resized(n);
  // ONNX Runtime copies if the shape is unchanged, independent of the scales.
  if (sameShape(dims, n.shape())) return [];
  return [...scales].flatMap(([axis, scale]): Resampling[] => {
    if (scale === 1 && dims[axis] === n.shape()[axis]) return [];
    const [from, to] = staticShape([n.shape()[axis]!, dims[axis]!], `axis ${axis} of "${n.name}"`);
    const resizedAxis = { from: from!, to: to!, scale };
    checkMade([to!, from!], `for Resize (node "${n.name}") a matrix`);
    if (Math.max(from!, to!) > longestAxis) {
      throw n.error(`an axis of ${from!} resized to ${to!}; at most ${longestAxis} are allowed`);
    }
    return [{ ...resizedAxis, axis, matrix: resamplingMatrix(n.attrs, resizedAxis) }];
  });
}

function resizeGradient(b: GraphBuilder, n: NodeView<ResizeAttrs>, dy: Value): Value {
  const work = resamplings(n);
  const repeats = work.filter(isRepeat);
  const mixes = work.filter((w) => !isRepeat(w)).sort((p, q) => p.from / p.to - q.from / q.to);
  const summed = sumRepeats(b, dy, repeats);
  return mixes.reduce((g, w) => alongAxis(b, g, w.axis, w.matrix, w.to, w.from), summed);
}

/** Whether every input is repeated equally often, in order. */
function isRepeat({ from, to, matrix }: Resampling): boolean {
  const times = to / from;
  if (!Number.isInteger(times)) return false;
  return matrix.every((w, at) => {
    const [i, j] = [Math.floor(at / from), at % from];
    return w === (Math.floor(i / times) === j ? 1 : 0);
  });
}

/** Sums each element's copies along all such axes at once. */
function sumRepeats(b: GraphBuilder, dy: Value, repeats: readonly Resampling[]): Value {
  if (repeats.length === 0) return dy;
  const fine: Dim[] = [];
  const axes: number[] = [];
  dy.fact.shape.forEach((dim, axis) => {
    const repeat = repeats.find((r) => r.axis === axis);
    if (!repeat) {
      fine.push(dim);
      return;
    }
    fine.push(repeat.from, repeat.to / repeat.from);
    axes.push(fine.length - 1);
  });
  return b.sum(b.reshape(dy, fine, "dx/copies"), axes, false, "dx");
}

export const resampling: readonly OpSpec[] = [resize];
