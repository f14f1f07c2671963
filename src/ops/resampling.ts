import type { Dim } from "../tensor/shape.js";
import type { NodeView } from "./node-view.js";
import type { OpSpec } from "./spec.js";

interface ResizeAttrs {
  readonly axes: readonly number[] | undefined;
}

function resized(n: NodeView<ResizeAttrs>): Dim[] {
  const axes = n.attrs.axes ?? n.shape().map((_, i) => i);
  const scales = n.optional(2) ? n.elements(2) : undefined;
  const sizes = n.optional(3) ? n.elements(3) : undefined;
  const dims = [...n.shape()];
  axes.forEach((axis, k) => {
    const size = sizes?.[k];
    const scale = scales?.[k];
    if (size !== undefined) dims[axis] = size;
    else if (typeof scale === "number") {
      const extent = dims[axis]!;
      dims[axis] = typeof extent === "number" ? Math.floor(extent * scale) : scale === 1 ? extent : `(${extent}x${scale})`;
    } else throw n.error("scales or sizes must be constant");
  });
  return dims;
}

// y = x resampled: linear in x. Used by the map itself; as part of a model its gradient is not written yet.
const resize: OpSpec<ResizeAttrs> = {
  type: "Resize",
  since: 18,
  attrs: (a) => ({ axes: a.ints("axes") }),
  infer: (n) => [n.like(resized(n))],
  vjp: "not-differentiable",
  bias: () => "none",
};

export const resampling: readonly OpSpec[] = [resize];
