import { normalizeAxis, sizeOf, stridesOf } from "../../../tensor/shape.js";
import { concat, gather, pad, reverse, slice, sliceAxis, subsample } from "./movement-ops.js";
import type { AxisAttrs, Lowerings, NodeToLower } from "./lowering.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** Converts negative indices, which tfjs does not support. */
export function fromTheFront(w: TfOpBuilder, indices: Operand, extent: number): Operand {
  const { known } = indices;
  if (known) {
    const values = Array.from(known.data as Int32Array, (i) => (i < 0 ? i + extent : i));
    return w.integers(values, indices.dims);
  }
  return w.binary("FloorMod", indices, w.scalar(extent, "int32"));
}

/** A slice given by first element, count and step of each axis; negative steps run backwards. */
function sliceOf(w: TfOpBuilder, n: NodeToLower): Operand {
  const [from, axes, steps] = [
    n.view.numbers(1),
    n.view.optionalNumbers(3),
    n.view.optionalNumbers(4),
  ];
  const x = n.x();
  const begin = x.dims.map(() => 0);
  const size = [...x.dims];
  const by = x.dims.map(() => 1);
  from.forEach((start, k) => {
    const axis = normalizeAxis(axes?.[k] ?? k, x.dims.length);
    const [extent, step, count] = [x.dims[axis]!, steps?.[k] ?? 1, n.dims()[axis]!];
    const first = Math.min(
      Math.max(start < 0 ? start + extent : start, 0),
      step > 0 ? extent : extent - 1,
    );
    const last = first + (count - 1) * step;
    begin[axis] = count === 0 ? 0 : Math.min(first, last);
    size[axis] = count === 0 ? 0 : Math.abs(last - first) + 1;
    by[axis] = step;
  });
  const part = slice(w, x, begin, size);
  const turned = reverse(
    w,
    part,
    by.flatMap((step, axis) => (step < 0 ? [axis] : [])),
  );
  return subsample(w, turned, by.map(Math.abs));
}

/**
 * Padding along one axis with inner elements (reflect, edge, wrap). On wasm, GatherV2 would take forty times as long.
 */
function repeatInside(
  w: TfOpBuilder,
  x: Operand,
  axis: number,
  mode: string,
  [begin, end]: readonly [number, number],
): Operand {
  const extent = x.dims[axis]!;
  const part = (start: number, size: number): Operand => sliceAxis(w, x, axis, start, size);
  const times = (piece: Operand, count: number): Operand[] =>
    Array.from({ length: count }, () => piece);
  if (mode === "edge") {
    const [first, last] = [part(0, 1), part(extent - 1, 1)];
    return concat(w, [...times(first, begin), x, ...times(last, end)], axis);
  }
  if (mode === "wrap" && begin <= extent && end <= extent) {
    return concat(w, [part(extent - begin, begin), x, part(0, end)], axis);
  }
  if (mode === "reflect" && begin < extent && end < extent) {
    const [before, after] = [part(1, begin), part(extent - 1 - end, end)];
    return concat(w, [reverse(w, before, [axis]), x, reverse(w, after, [axis])], axis);
  }
  const period = mode === "wrap" ? extent : 2 * (extent - 1) || 1;
  const places = Array.from({ length: begin + extent + end }, (_, i) => {
    const within = (((i - begin) % period) + period) % period;
    return Math.min(within, mode === "wrap" ? within : period - within);
  });
  return gather(w, x, w.integers(places), axis);
}

function padOf(w: TfOpBuilder, n: NodeToLower<{ mode: string }>): Operand {
  const x = n.x();
  const rank = x.dims.length;
  const [pads, given] = [n.view.numbers(1), n.view.optionalNumbers(3)];
  const axes = given?.map((a) => (a < 0 ? a + rank : a)) ?? x.dims.map((_, i) => i);
  const [begins, ends] = [x.dims.map(() => 0), x.dims.map(() => 0)];
  axes.forEach((axis, k) => {
    begins[axis] = pads[k]!;
    ends[axis] = pads[axes.length + k]!;
  });
  const { mode } = n.attrs;
  if (mode !== "constant") {
    return begins.reduce((y, begin, axis) => {
      const end = ends[axis]!;
      return begin === 0 && end === 0 ? y : repeatInside(w, y, axis, mode, [begin, end]);
    }, x);
  }
  const value = n.optional(2) ? n.elements(2)?.[0] : 0;
  if (value !== undefined) return pad(w, x, begins, ends, value);
  // A computed padding value: pad x with zeros, and add the value where padded ones are 0.
  const inside = pad(w, w.fill(x.dims, 1), begins, ends);
  return w.select(inside, pad(w, x, begins, ends), w.reshape(n.x(2), []));
}

/**
 * Flat indices into a tensor of the given dims, from an index along one axis and the element's own position along the
 * others.
 */
export function flatPlaces(
  w: TfOpBuilder,
  indices: Operand,
  dims: readonly number[],
  axis: number,
): Operand {
  const strides = stridesOf(dims);
  const own = new Float64Array(sizeOf(indices.dims));
  const steps = stridesOf(indices.dims);
  for (let at = 0; at < own.length; at++) {
    indices.dims.forEach((d, i) => {
      if (i !== axis) own[at]! += (Math.floor(at / steps[i]!) % d) * strides[i]!;
    });
  }
  const along = w.scale(fromTheFront(w, indices, dims[axis]!), strides[axis]!);
  return w.add(w.plain(along), w.integers(own, indices.dims));
}

export const indexing: Lowerings = {
  Slice: sliceOf,
  Pad: padOf,
  Gather: (w, n: NodeToLower<AxisAttrs>) => {
    const axis = n.axis();
    const x = n.x();
    const known = n.elements(1);
    if (known?.length === 1) {
      const at = known[0]! < 0 ? known[0]! + x.dims[axis]! : known[0]!;
      return w.reshape(sliceAxis(w, x, axis, at, 1), n.dims());
    }
    const indices = w.plain(fromTheFront(w, n.x(1), x.dims[axis]!));
    return w.reshape(gather(w, x, w.reshape(indices, [sizeOf(indices.dims)]), axis), n.dims());
  },
  GatherElements: (w, n: NodeToLower<AxisAttrs>) => {
    const [x, axis] = [n.x(), n.axis()];
    const places = flatPlaces(w, n.x(1), x.dims, axis);
    const rows = w.reshape(w.plain(x), [sizeOf(x.dims)]);
    return w.reshape(gather(w, rows, w.reshape(places, [sizeOf(places.dims)]), 0), n.dims());
  },
};
