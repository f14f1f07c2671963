import { normalizeAxis } from "../../../tensor/shape.js";
import { inMemory } from "../layout.js";
import type { ArgExtremeAttrs } from "../../../ops/shape/shape-arithmetic.js";
import type { CumSumAttrs, TopKAttrs } from "../../../ops/movement/nd-indexing.js";
import type { AxisAttrs, Lowerings, NodeToLower } from "./lowering.js";
import { reverse } from "./movement-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** Index of the extreme along an axis: the first or the last on ties. */
function argExtreme(
  w: TfOpBuilder,
  n: NodeToLower<ArgExtremeAttrs>,
  op: "ArgMax" | "ArgMin",
): Operand {
  const axis = n.axis();
  const fromTheEnd = n.attrs.last;
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

/** The k largest or smallest elements, sorted. */
function topK(w: TfOpBuilder, n: NodeToLower<TopKAttrs>): readonly Operand[] {
  const [axis, k] = [n.axis(), n.dims()[n.axis()]!];
  const least = !n.attrs.largest;
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
function softmax(w: TfOpBuilder, n: NodeToLower<AxisAttrs>): Operand {
  const x = w.lastInMemory(n.x(), n.axis());
  return w.map("Softmax", x, {});
}

export const selection: Lowerings = {
  ArgMax: (w, n: NodeToLower<ArgExtremeAttrs>) => argExtreme(w, n, "ArgMax"),
  ArgMin: (w, n: NodeToLower<ArgExtremeAttrs>) => argExtreme(w, n, "ArgMin"),
  TopK: topK,
  Softmax: softmax,
  CumSum: (w, n: NodeToLower<CumSumAttrs>) => {
    const given = n.elements(1)?.[0];
    if (given === undefined) throw n.refusal("its axis depends on the input");
    const axis = n.x().layout.indexOf(normalizeAxis(given, n.x().dims.length));
    return w.map("Cumsum", n.x(), { axis, ...n.attrs });
  },
};
