import type { Lowerings, NodeToLower } from "./lowering.js";
import { matmul } from "./product-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** Matrix product; a vector is a row on the left and a column on the right. */
function product(w: TfOpBuilder, n: NodeToLower): Operand {
  const [a, b] = [n.x(0), n.x(1)];
  const left = a.dims.length === 1 ? w.reshape(a, [1, ...a.dims]) : a;
  const right = b.dims.length === 1 ? w.reshape(b, [...b.dims, 1]) : b;
  return w.reshape(matmul(w, left, right), n.dims());
}

export const linear: Lowerings = {
  MatMul: product,
  Gemm: (w, n) => {
    const turned = (x: Operand, name: string): Operand =>
      n.attributes.flag(name) ? w.transpose(x, [1, 0]) : x;
    const y = matmul(w, turned(n.x(0), "transA"), turned(n.x(1), "transB"));
    const scaled = w.scale(y, n.attributes.float("alpha", 1));
    const shift = n.optional(2);
    return shift ? w.add(scaled, w.scale(shift, n.attributes.float("beta", 1))) : scaled;
  },
};
