import { resamplings, type ResizeAttrs } from "../../../ops/resampling/resampling.js";
import type { Lowerings, NodeToLower } from "./lowering.js";
import { alongAxis } from "./product-ops.js";

export const resampling: Lowerings = {
  // One interpolation matrix per axis, the axis with the smallest result first.
  Resize: (w, n: NodeToLower<ResizeAttrs>) => {
    if (n.attrs.coordinates === "tf_crop_and_resize") {
      throw n.refusal('coordinate_transformation_mode "tf_crop_and_resize" is not supported');
    }
    const order = resamplings(n.view).toSorted((p, q) => p.to / p.from - q.to / q.from);
    const x = w.cast(n.x(), "float32");
    const y = order.reduce((v, { axis, matrix, to }) => alongAxis(w, v, axis, matrix, to), x);
    return w.cast(y, n.x().type);
  },
};
