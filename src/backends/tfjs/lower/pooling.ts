import {
  poolAxes,
  windowCounts,
  type AveragePoolAttrs,
  type MaxPoolAttrs,
} from "../../../ops/layers/pooling.js";
import { sizeOf } from "../../../tensor/shape.js";
import type { Lowerings, NodeToLower } from "./lowering.js";
import { indicesOfMaxima } from "./max-indices.js";
import { lowest, padToReach, poolWindows } from "./pool.js";

export const pooling: Lowerings = {
  MaxPool: (w, n: NodeToLower<MaxPoolAttrs>) => {
    const [axes, positions] = [poolAxes(n.view), n.dims().slice(2)];
    const padded = padToReach(w, w.cast(n.x(), "float32"), axes, positions, lowest);
    const y = poolWindows(w, padded, axes, positions, "Max");
    if (!n.node.outputs[1]) return w.cast(y, n.x().type);
    if (n.attrs.columnMajor) throw n.refusal("column-major indices are not supported");
    return [w.cast(y, n.x().type), indicesOfMaxima(w, { x: n.x(), padded, y, axes, positions })];
  },
  AveragePool: (w, n: NodeToLower<AveragePoolAttrs>) => {
    const [axes, { counts, outputs }] = [poolAxes(n.view), windowCounts(n.view)];
    // The mean over each full window, with 0 for elements outside x.
    const means = poolWindows(w, padToReach(w, n.x(), axes, outputs, 0), axes, outputs, "Mean");
    const shares = counts.map((c) => sizeOf(axes.map((a) => a.kernel)) / c);
    if (shares.every((s) => s === shares[0])) return w.scale(means, shares[0] ?? 1);
    return w.mul(means, w.floats([1, 1, ...outputs], shares));
  },
};
