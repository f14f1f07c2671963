import { normalizeAxis } from "../../../tensor/shape.js";
import { inMemory, plainLayout } from "../layout.js";
import type { Lowering, Lowerings, NodeToLower } from "./lowering.js";
import { reverse, sliceAxis } from "./movement-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** Index of the extreme along an axis: the first or the last on ties. */
function argExtreme(w: TfOpBuilder, n: NodeToLower, op: "ArgMax" | "ArgMin"): Operand {
  const axis = n.axis("axis", 0);
  const fromTheEnd = n.attributes.flag("select_last_index");
  const x = fromTheEnd ? reverse(w, n.x(), [axis]) : n.x();
  const dims = x.dims.with(axis, 1);
  const at = { axis: x.layout.indexOf(axis) };
  const shape = inMemory(x.dims, x.layout).filter((_, i) => i !== at.axis);
  const index = w.emit(op, [x.id], at, "int32", shape);
  const kept = inMemory(dims, x.layout);
  const id = w.emit("Reshape", [index], { shape: kept }, "int32", kept);
  const first: Operand = { id, type: "int32", dims, layout: x.layout };
  const place = fromTheEnd ? w.sub(w.scalar(x.dims[axis]! - 1, "int32"), first) : first;
  return w.reshape(place, n.dims());
}

/**
 * One-hot masks: 1 where the position along the last axis equals the index. tfjs' OneHot requires a depth of at least
 * two.
 */
function hot(w: TfOpBuilder, indices: Operand, depth: number): Operand {
  const numbers = w.integers(Array.from({ length: depth }, (_, i) => i));
  return w.binary("Equal", w.reshape(indices, [...indices.dims, 1]), numbers);
}

/** on at the index, off elsewhere; out-of-range indices give off everywhere. */
function oneHot(w: TfOpBuilder, n: NodeToLower): Operand {
  const depth = n.elements(1)?.[0];
  if (depth === undefined) throw n.refusal("its depth depends on the input");
  const indices = w.cast(n.x(0), "int32");
  const rank = indices.dims.length;
  const axis = normalizeAxis(n.attributes.int("axis", -1), rank + 1);
  // Negative indices, −depth … −1, count from the end.
  const fromTheEnd = hot(w, w.shift(indices, depth), depth);
  const either = w.add(hot(w, indices, depth), fromTheEnd);
  const perm = plainLayout(rank);
  const placed = w.transpose(either, [...perm.slice(0, axis), rank, ...perm.slice(axis)]);
  const values = n.x(2);
  const known = n.elements(2);
  if (known?.[0] === 0 && known[1] === 1) return w.cast(placed, values.type);
  const [off, on] = [0, 1].map((i) => w.reshape(sliceAxis(w, values, 0, i, 1), []));
  return w.add(off!, w.mul(w.cast(placed, values.type), w.sub(on!, off!)));
}

/** The k largest or smallest elements, sorted. */
function topK(w: TfOpBuilder, n: NodeToLower): readonly Operand[] {
  const [axis, k] = [n.axis("axis", -1), n.dims()[n.axis("axis", -1)]!];
  const least = !n.attributes.flag("largest", true);
  const negative = (x: Operand): Operand => w.sub(w.scalar(0, x.type), x);
  const x = w.lastInMemory(least ? negative(n.x()) : n.x(), axis);
  const dims = x.dims.with(axis, k);
  const shape = inMemory(dims, x.layout);
  const results = [
    { type: x.type, shape },
    { type: "int32", shape },
  ] as const;
  const [values, indices] = w
    .emitAll("TopKV2", [x.id], { k }, results)
    .map((id, i): Operand => ({ id, type: results[i]!.type, dims, layout: x.layout }));
  return [least ? negative(values!) : values!, indices!];
}

/** Softmax along any axis, by moving it to the end in memory. */
function softmax(w: TfOpBuilder, n: NodeToLower): Operand {
  const x = w.lastInMemory(n.x(), n.axis("axis", -1));
  return w.map("Softmax", x, {});
}

/** x − max − log Σ e^{x − max} */
const logSoftmax: Lowering = (w, n) => {
  const axes = [n.axis("axis", -1)];
  const shifted = w.sub(n.x(), w.reduce("Max", n.x(), axes));
  return w.sub(shifted, w.unary("Log", w.reduce("Sum", w.unary("Exp", shifted), axes)));
};

export const selection: Lowerings = {
  ArgMax: (w, n) => argExtreme(w, n, "ArgMax"),
  ArgMin: (w, n) => argExtreme(w, n, "ArgMin"),
  OneHot: oneHot,
  TopK: topK,
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  /** 1 at the first maximum, 0 elsewhere. */
  Hardmax: (w, n) => {
    const axis = n.axis("axis", -1);
    const x = w.lastInMemory(n.x(), axis);
    const at = { axis: x.layout.length - 1 };
    const shape = inMemory(x.dims, x.layout);
    const id = w.emit("ArgMax", [x.id], at, "int32", shape.slice(0, -1));
    const depth = shape.at(-1)!;
    const dims = shape.slice(0, -1);
    const index: Operand = { id, type: "int32", dims, layout: plainLayout(dims.length) };
    return { ...hot(w, index, depth), dims: x.dims, layout: x.layout };
  },
  CumSum: (w, n) => {
    const given = n.elements(1)?.[0];
    if (given === undefined) throw n.refusal("its axis depends on the input");
    const axis = n.x().layout.indexOf(normalizeAxis(given, n.x().dims.length));
    const [exclusive, backwards] = [n.attributes.flag("exclusive"), n.attributes.flag("reverse")];
    return w.map("Cumsum", n.x(), { axis, exclusive, reverse: backwards });
  },
};
