import {
  convAxes,
  transposedAxes,
  type ConvAttrs,
  type ConvTransposeAttrs,
} from "../../../ops/layers/convolution.js";
import type { Lowerings, NodeToLower } from "./lowering.js";
import { convolve } from "./convolve.js";
import { convolveTransposed } from "./convolve-transposed.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** Adds the bias along the channel axis. */
function withBias(w: TfOpBuilder, n: NodeToLower, y: Operand): Operand {
  const bias = n.optional(2);
  if (!bias) return y;
  const shape = y.dims.map((d, i) => (i === 1 ? d : 1));
  return w.add(y, w.reshape(bias, shape));
}

export const convolution: Lowerings = {
  Conv: (w, n: NodeToLower<ConvAttrs>) =>
    withBias(w, n, convolve(w, n.x(0), n.x(1), convAxes(n.view), n.attrs.group)),
  ConvTranspose: (w, n: NodeToLower<ConvTransposeAttrs>) => {
    const { axes } = transposedAxes(n.view);
    return withBias(w, n, convolveTransposed(w, n.x(0), n.x(1), axes, n.dims(), n.attrs.group));
  },
};
