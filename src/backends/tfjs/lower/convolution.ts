import type { ConvAttrs, ConvTransposeAttrs } from "../../../ops/layers/convolution.js";
import { windowAxes, span, type Axis } from "../../../ops/layers/window.js";
import type { Lowerings, NodeToLower } from "./lowering.js";
import { convolve } from "./convolve.js";
import { convolveTransposed } from "./convolve-transposed.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

function axesOf(n: NodeToLower<ConvAttrs>): Axis[] {
  const kernel = n.x(1).dims.slice(2);
  return windowAxes(n.view, n.attrs, kernel, n.x().dims.slice(2));
}

/** Adds the bias along the channel axis. */
function withBias(w: TfOpBuilder, n: NodeToLower, y: Operand): Operand {
  const bias = n.optional(2);
  if (!bias) return y;
  const shape = y.dims.map((d, i) => (i === 1 ? d : 1));
  return w.add(y, w.reshape(bias, shape));
}

export const convolution: Lowerings = {
  Conv: (w, n: NodeToLower<ConvAttrs>) =>
    withBias(w, n, convolve(w, n.x(0), n.x(1), axesOf(n), n.attrs.group)),
  ConvTranspose: (w, n: NodeToLower<ConvTransposeAttrs>) => {
    const axes = transposedAxes(n);
    return withBias(w, n, convolveTransposed(w, n.x(0), n.x(1), axes, n.dims(), n.attrs.group));
  },
};

/**
 * The axes of a ConvTranspose, with the start of the output in the uncropped result; the output's shape determines
 * its end.
 */
function transposedAxes(n: NodeToLower<ConvTransposeAttrs>): Axis[] {
  const { attrs } = n;
  const spatial = n.x().dims.slice(2);
  const axes = windowAxes(n.view, { ...attrs, autoPad: "NOTSET" }, n.x(1).dims.slice(2), spatial);
  const isGiven = attrs.autoPad === "NOTSET" || attrs.autoPad === "VALID";
  if (isGiven && !attrs.outputShape) return axes;
  const extra = attrs.outputPadding ?? axes.map(() => 0);
  return axes.map((a, i) => {
    const full = a.stride * (spatial[i]! - 1) + extra[i]! + span(a);
    const total = Math.max(0, full - n.dims()[i + 2]!);
    const small = Math.floor(total / 2);
    return { ...a, begin: attrs.autoPad === "SAME_UPPER" ? small : total - small };
  });
}
