import { noAxes } from "../core/axis-mapping.js";
import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { gather as gatherBlock, slice as sliceBlock } from "../../tensor/move.js";
import { checkMade, fromNumbers } from "../../tensor/tensor.js";
import { multiplyDims, normalizeAxis, sizeOf, type Dim } from "../../tensor/shape.js";
import { addAlong, positionsAlong } from "../core/along-axis.js";
import { blockOf, isSmall, moved, withElements } from "../core/elements.js";
import { noAttrs, type NoAttrs } from "../core/heads.js";
import type { NodeView } from "../core/node-view.js";
import type { OpSpec } from "../core/spec.js";

/** The start, count and step of a Slice for every axis. */
export interface SliceWindow {
  readonly starts: readonly number[];
  readonly counts: readonly Dim[];
  readonly steps: readonly number[];
}

export function sliceWindow(n: NodeView): SliceWindow {
  const [from, to] = [n.numbers(1), n.elements(2)];
  if (!to) throw n.error("the ends must be known");
  const axes = n.optionalNumbers(3) ?? from.map((_, i) => i);
  const by = n.optionalNumbers(4) ?? from.map(() => 1);
  if ([to, axes, by].some((list) => list.length !== from.length)) {
    const lengths = [from, to, axes, by].map((list) => list.length).join(", ");
    throw n.error(`starts, ends, axes and steps differ in length: ${lengths}`);
  }
  const starts = n.shape().map(() => 0);
  const counts = [...n.shape()];
  const steps = n.shape().map(() => 1);
  axes.forEach((given, k) => {
    const axis = normalizeAxis(given, n.rank());
    const extent = n.shape()[axis]!;
    const [start, end, step] = [from[k]!, to[k]!, by[k]!];
    if (step === 0) throw n.error("a step of 0");
    steps[axis] = step;
    if (typeof extent === "string" || typeof end === "string") {
      const whole = start === 0 && step === 1 && (end === extent || isEnd(end));
      starts[axis] = start;
      if (whole) return;
      if (step === 1 && start === 0 && typeof end === "string") counts[axis] = end;
      else counts[axis] = `(${extent}[${start}:${end}:${step}])`;
      return;
    }
    const clamp = (v: number, low: number, high: number): number =>
      Math.min(Math.max(v, low), high);
    const wrap = (v: number): number => (v < 0 ? v + extent : v);
    // With a negative step, a start before the first element is clamped to the first one: the standard's rule, not
    // numpy's.
    const first = clamp(wrap(start), 0, step > 0 ? extent : extent - 1);
    const last = step > 0 ? clamp(wrap(end), 0, extent) : clamp(wrap(end), -1, extent - 1);
    starts[axis] = first;
    counts[axis] = Math.max(0, Math.ceil((last - first) / step));
  });
  return { starts, counts, steps };
}

const isEnd = (end: Dim): boolean => typeof end === "number" && end >= 2 ** 31 - 1;

// y[i] = x[start + i·step]; dx is dy at the positions read and 0 elsewhere
const slice: OpSpec<NoAttrs> = {
  type: "Slice",
  since: 10,
  arity: [3, 5],
  role: "selection",
  axes: (n) => ({ kind: "sliced", ...sliceWindow(n) }),
  attrs: noAttrs,
  infer: (n) => {
    const { starts, counts, steps } = sliceWindow(n);
    const fact = n.like(counts);
    return [
      moved(n, fact, (block) => sliceBlock(block, starts, counts as readonly number[], steps)),
    ];
  },
  vjp: (b, n, [dy]) => [
    () => spread(b, n, dy!),
    ...n.inputs.slice(1).map(() => "integer" as const),
  ],
  bias: () => "none",
};

function spread(b: GraphBuilder, n: NodeView, dy: Value): Value {
  const { starts, counts, steps } = sliceWindow(n);
  const begins = n.shape().map(() => 0);
  const ends = n.shape().map(() => 0);
  let gradient = dy;
  n.shape().forEach((extent, axis) => {
    const [start, count, step] = [starts[axis]!, counts[axis]!, steps[axis]!];
    if (count === extent && start === 0 && step === 1) return;
    if (typeof extent === "string" || typeof count === "string") {
      throw n.error(`axis ${axis} of open extent ${extent} cannot be sliced`);
    }
    if (step === 1) {
      begins[axis] = start;
      ends[axis] = extent - start - count;
    } else {
      checkMade([count], `for Slice (node "${n.name}") the positions along axis ${axis}`);
      const positions = Array.from({ length: count }, (_, k) => start + k * step);
      gradient = addAlong(b, gradient, axis, positions, extent);
    }
  });
  return b.pad(gradient, [...begins, ...ends], "dx");
}

// y = elements of x selected along an axis; dx adds dy at the positions read
const gather: OpSpec<{ axis: number }> = {
  type: "Gather",
  since: 1,
  arity: [2, 2],
  role: "selection",
  axes: (n) => ({ kind: "replaced", axis: normalizeAxis(n.attrs.axis, n.rank()), by: n.rank(1) }),
  attrs: (a) => ({ axis: a.int("axis", 0) }),
  infer: (n) => {
    const axis = normalizeAxis(n.attrs.axis, n.rank());
    const dims = [...n.shape().slice(0, axis), ...n.shape(1), ...n.shape().slice(axis + 1)];
    const indices = blockOf(n, 1);
    if (!indices?.data.every((i) => typeof i === "number")) return [n.like(dims)];
    const extent = n.shape()[axis]!;
    const bad = indices.data.find(
      (i) => !Number.isInteger(i) || (typeof extent === "number" && (i >= extent || i < -extent)),
    );
    if (bad !== undefined) throw n.error(`index ${bad} is out of range for extent ${extent}`);
    const at = { dims: indices.dims, data: indices.data };
    return [moved(n, n.like(dims), (block) => gatherBlock(block, at, axis))];
  },
  vjp: (b, n, [dy]) => {
    const axis = normalizeAxis(n.attrs.axis, n.rank());
    return [() => gatherGradient(b, n, dy!, axis), "integer"];
  },
  bias: () => "none",
};

function gatherGradient(b: GraphBuilder, n: NodeView, dy: Value, axis: number): Value {
  const extent = n.shape()[axis]!;
  const indices = n.elements(1);
  if (typeof extent === "number" && indices?.length === 1 && typeof indices[0] === "number") {
    const at = indices[0] < 0 ? indices[0] + extent : indices[0];
    const dims = n.shape().map((d, i) => (i === axis ? 1 : d));
    const pads = n.shape().map((_, i) => (i === axis ? at : 0));
    const ends = n.shape().map((_, i) => (i === axis ? extent - at - 1 : 0));
    return b.pad(b.reshape(dy, dims), [...pads, ...ends], "dx");
  }
  // Flatten the index axes to one, then add each slice of dy to its row.
  const count = multiplyDims(...n.shape(1));
  const flat = n.shape().map((d, i) => (i === axis ? count : d));
  const rows = b.reshape(dy, flat);
  const column = flat.map((_, i) => (i === axis ? count : 1));
  const where = b.expandLike(b.reshape(n.x(1), column), rows);
  const attributes = { axis: int(axis), reduction: { type: "string", value: "add" } as const };
  return b.op("ScatterElements", [b.zerosLike(n.x()), where, rows], attributes, "dx");
}

// y[i] = x[index[i]] along an axis; dx adds dy at the positions read
const gatherElements: OpSpec<{ axis: number }> = {
  type: "GatherElements",
  since: 11,
  arity: [2, 2],
  role: "selection",
  axes: (n) => ({ kind: "replaced", axis: normalizeAxis(n.attrs.axis, n.rank()), by: 1 }),
  attrs: (a) => ({ axis: a.int("axis", 0) }),
  infer: (n) => [n.like(n.shape(1))],
  vjp: (b, n, [dy]) => [
    () => {
      const attributes = {
        axis: int(n.attrs.axis),
        reduction: { type: "string", value: "add" } as const,
      };
      return b.op("ScatterElements", [b.zerosLike(n.x()), n.x(1), dy!], attributes, "dx");
    },
    "integer",
  ],
  bias: () => "none",
};

// y = the on value at each index along a new axis, the off value elsewhere: linear in [off, on]. Used to seed a class.
// d[off, on] = [Σ dy elsewhere, Σ dy at the indices]
const oneHot: OpSpec<{ axis: number }> = {
  type: "OneHot",
  since: 11,
  arity: [3, 3],
  role: "constant",
  axes: noAxes,
  attrs: (a) => ({ axis: a.int("axis", -1) }),
  infer: (n) => {
    const axis = normalizeAxis(n.attrs.axis, n.rank() + 1);
    const depth = n.elements(1)?.[0] ?? `depth(${n.name})`;
    const dims = [...n.shape().slice(0, axis), depth, ...n.shape().slice(axis)];
    const fact = n.like(dims, 2);
    const elements = isSmall(fact.shape) ? hotElements(n, fact.shape, axis) : undefined;
    return [withElements(fact, elements)];
  },
  definition: (b, n) => {
    const axis = normalizeAxis(n.attrs.axis, n.rank() + 1);
    const wide = n.shape().toSpliced(axis, 0, 1);
    const index = b.reshape(b.cast(n.x(0), "int64"), wide);
    const positions = positionsAlong(b, n.y(), axis);
    // Negative indices, −depth … −1, count from the end; an index out of range sets no element.
    const fromTheEnd = b.addScalar(index, Number(n.y().fact.shape[axis]));
    const isHot = b.op(
      "Or",
      [index, fromTheEnd].map((i) => b.op("Equal", [i, positions])),
    );
    const values = n.elements(2);
    if (values?.[0] === 0 && values[1] === 1) return [b.mask(isHot, n.x(2))];
    const [off, on] = [0, 1].map((i) => b.slice(n.x(2), [0], [i], [i + 1]));
    return [b.where(isHot, on!, off!)];
  },
  vjp: (b, n, [dy]) => [
    "integer",
    "integer",
    () => {
      const sums = [1, 0].map((off) => {
        const pair = b.constant(fromNumbers(dy!.fact.dtype, [2], [off, 1 - off]));
        const positions = b.op("OneHot", [n.x(0), n.x(1), pair], { axis: int(n.attrs.axis) });
        return b.reshape(b.sum(b.mul(dy!, positions)), [1]);
      });
      return b.concat(sums, 0, "dvalues");
    },
  ],
  bias: (n) => (n.isActive(2) ? "none" : { kind: "constant", emit: () => n.y() }),
};

/** The repeats of a repeat_interleave are a one-hot vector with the count as on value. */
function hotElements(n: NodeView, shape: readonly number[], axis: number): Dim[] | undefined {
  const [indices, , values] = [0, 1, 2].map((i) => n.elements(i));
  if (!indices?.every((i) => typeof i === "number") || values?.length !== 2) return undefined;
  const [off, on] = values as [Dim, Dim];
  const depth = shape[axis]!;
  const inner = sizeOf(shape.slice(axis + 1));
  return Array.from({ length: sizeOf(shape) }, (_, at) => {
    const index = indices[Math.floor(at / (depth * inner)) * inner + (at % inner)]!;
    const hot = index < 0 ? index + depth : index;
    return Math.floor(at / inner) % depth === hot ? on : off;
  });
}

export const indexing: readonly OpSpec[] = [slice, gather, gatherElements, oneHot];
