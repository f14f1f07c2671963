import { ShapeError } from "../errors.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import { divideDims, type Dim } from "../tensor/shape.js";

/**
 * The sum of a value for each sample, [N].
 *
 * The batch is the first axis of nearly every value. Where a network works with the sequence first it is another
 * one, found by its extent; where it has been merged with something (windows of an image, groups), it is the outer part
 * of the first axis.
 */
export function perSample(b: GraphBuilder, value: Value, batch: Dim): Value {
  const { shape } = value.fact;
  if (batch === 1) {
    return b.reshape(
      b.sum(
        value,
        shape.map((_, i) => i),
      ),
      [1],
      "sum",
    );
  }
  const axis = shape.indexOf(batch);
  if (axis >= 0) {
    const others = shape.map((_, i) => i).filter((i) => i !== axis);
    return b.sum(value, others, false, "sum");
  }
  const share = divideDims(shape[0] ?? 1, batch);
  if (typeof share === "number" && share > 0) {
    const rows = b.reshape(value, [batch, share, ...shape.slice(1)]);
    return b.sum(rows, rows.fact.shape.map((_, i) => i).slice(1), false, "sum");
  }
  throw new ShapeError(
    `"${value.name}" [${shape.join(",")}] does not say which part belongs to which of ${batch} samples; ` +
      "use a batch of one",
  );
}
