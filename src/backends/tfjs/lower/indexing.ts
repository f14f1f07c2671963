import { sliceWindow } from "../../../ops/movement/indexing.js";
import { borders, copiedFrom, type PadAttrs } from "../../../ops/movement/padding.js";
import { sizeOf, stridesOf } from "../../../tensor/shape.js";
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
  const { starts, steps } = sliceWindow(n.view);
  const reach = n.dims().map((count, axis) => (count - 1) * steps[axis]!);
  const begin = starts.map((start, axis) => Math.max(0, Math.min(start, start + reach[axis]!)));
  const size = n.dims().map((count, axis) => (count === 0 ? 0 : Math.abs(reach[axis]!) + 1));
  const part = slice(w, n.x(), begin, size);
  const backwards = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
  return subsample(w, reverse(w, part, backwards), steps.map(Math.abs));
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
  const positions = Array.from({ length: begin + extent + end }, (_, i) =>
    copiedFrom(mode, i - begin, extent),
  );
  return gather(w, x, w.integers(positions), axis);
}

function padOf(w: TfOpBuilder, n: NodeToLower<PadAttrs>): Operand {
  const x = n.x();
  const [begins, ends] = borders(n.view);
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
export function flatPositions(
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
    const positions = flatPositions(w, n.x(1), x.dims, axis);
    const rows = w.reshape(w.plain(x), [sizeOf(x.dims)]);
    return w.reshape(gather(w, rows, w.reshape(positions, [sizeOf(positions.dims)]), 0), n.dims());
  },
};
