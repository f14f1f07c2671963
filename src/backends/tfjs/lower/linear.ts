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

export const linear: Lowerings = { MatMul: product };
