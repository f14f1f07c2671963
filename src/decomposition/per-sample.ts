import type { TracedAxes } from "../analysis/traced-axes.js";
import { ShapeError } from "../errors.js";
import type { GraphBuilder } from "../onnx/builder.js";
import type { Value } from "../onnx/ir.js";
import type { Dim, Shape } from "../tensor/shape.js";

/**
 * The sum of a value for each sample, [N].
 *
 * The batch is the first axis of nearly every value. In a network with the sequence first the batch is a later axis;
 * merged with windows or tokens it is a factor of an axis. The layout gives its position.
 */
export function perSample(b: GraphBuilder, value: Value, batch: Dim, layout?: TracedAxes): Value {
  const { shape } = value.fact;
  const all = shape.map((_, i) => i);
  if (batch === 1) return b.reshape(b.sum(value, all), [1], "sum");
  const [factors, axis] = batchFactor(shape, batch, layout);
  if (axis === undefined) {
    throw new ShapeError(
      `"${value.name}" [${shape.join(",")}] mixes the ${batch} samples of the batch; ` +
        "use a batch of one",
    );
  }
  const others = factors.map((_, i) => i).filter((i) => i !== axis);
  return b.sum(b.reshape(value, factors), others, false, "sum");
}

/** Whether the samples of a value can be separated. */
export function hasBatch(shape: Shape, batch: Dim, layout: TracedAxes): boolean {
  return batch === 1 || batchFactor(shape, batch, layout)[1] !== undefined;
}

/** The factors of a shape, and the index of the batch among them. */
function batchFactor(
  shape: Shape,
  batch: Dim,
  layout: TracedAxes | undefined,
): [Shape, number | undefined] {
  const atoms = layout?.flat() ?? [];
  const known = atoms.flatMap((a, i) => (a.role === "batch" ? [i] : []));
  if (known.length === 1 && atoms[known[0]!]!.size === batch) {
    return [atoms.map((a) => a.size), known[0]];
  }
  const plain = shape.indexOf(batch);
  return [shape, plain < 0 ? undefined : plain];
}
