import { windowAttrs, windowAxes, type Axis } from "../../../ops/layers/window.js";
import { sizeOf } from "../../../tensor/shape.js";
import type { Lowerings, NodeToLower } from "./lowering.js";
import { indicesOfMaxima } from "./max-indices.js";
import { lowest, padToReach, poolWindows } from "./pool.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

function axesOf(n: NodeToLower): Axis[] {
  const attrs = windowAttrs(n.attributes);
  return windowAxes(n.view, attrs, attrs.kernelShape!, n.x().dims.slice(2));
}

const spatialAxes = ({ dims }: Operand): number[] => dims.flatMap((_, i) => (i > 1 ? [i] : []));

/** The mean over each full window; elements outside x count as 0. */
function windowMeans(w: TfOpBuilder, n: NodeToLower, x: Operand): Operand {
  const [axes, places] = [axesOf(n), n.dims().slice(2)];
  return poolWindows(w, padToReach(w, x, axes, places, 0), axes, places, "Mean");
}

const windowSize = (n: NodeToLower): number => sizeOf(axesOf(n).map((a) => a.kernel));

/** The number of elements counted in each window: those of x and, with `padded`, those of its declared padding. */
function counts(n: NodeToLower, padded: boolean): Float64Array {
  const [axes, places] = [axesOf(n), n.dims().slice(2)];
  const along = axes.map((a, i) => {
    const extent = n.x().dims[i + 2]!;
    const [low, high] = padded ? [-a.begin, extent + a.end] : [0, extent];
    return Array.from({ length: places[i]! }, (_, o) => {
      const seen = Array.from(
        { length: a.kernel },
        (_, k) => o * a.stride - a.begin + k * a.dilation,
      );
      return Math.max(1, seen.filter((at) => at >= low && at < high).length);
    });
  });
  const product = along.reduce<number[]>(
    (all, axis) => all.flatMap((p) => axis.map((c) => p * c)),
    [1],
  );
  return Float64Array.from(product);
}

/** (Σ|x|ᵖ)^(1/p), with the sum of powers given by `sum`. */
function norm(w: TfOpBuilder, n: NodeToLower, sum: (powers: Operand) => Operand): Operand {
  const p = n.attributes.int("p", 2);
  const size = w.unary("Abs", n.x());
  if (p === 1) return sum(size);
  if (p === 2) return w.unary("Sqrt", sum(w.unary("Square", n.x())));
  return w.binary("Pow", sum(w.binary("Pow", size, w.scalar(p))), w.scalar(1 / p));
}

export const pooling: Lowerings = {
  MaxPool: (w, n) => {
    const [axes, places] = [axesOf(n), n.dims().slice(2)];
    const padded = padToReach(w, w.cast(n.x(), "float32"), axes, places, lowest);
    const y = poolWindows(w, padded, axes, places, "Max");
    if (!n.node.outputs[1]) return w.cast(y, n.x().type);
    if (n.attributes.flag("storage_order"))
      throw n.refusal("column-major indices are not supported");
    return [w.cast(y, n.x().type), indicesOfMaxima(w, { x: n.x(), padded, y, axes, places })];
  },
  AveragePool: (w, n) => {
    const values = counts(n, n.attributes.flag("count_include_pad"));
    const shares = values.map((c) => windowSize(n) / c);
    const means = windowMeans(w, n, n.x());
    if (shares.every((s) => s === shares[0])) return w.scale(means, shares[0] ?? 1);
    return w.mul(means, w.floats([1, 1, ...n.dims().slice(2)], shares));
  },
  LpPool: (w, n) => norm(w, n, (powers) => w.scale(windowMeans(w, n, powers), windowSize(n))),
  GlobalLpPool: (w, n) => norm(w, n, (powers) => w.reduce("Sum", powers, spatialAxes(n.x()))),
  GlobalAveragePool: (w, n) =>
    sizeOf(n.dims()) === 0 ? w.fill(n.dims(), 0) : w.reduce("Mean", n.x(), spatialAxes(n.x())),
  GlobalMaxPool: (w, n) => w.reduce("Max", n.x(), spatialAxes(n.x())),
};
