import { sizeOf } from "../../../tensor/shape.js";
import { full } from "../../../tensor/tensor.js";
import { inMemory } from "../layout.js";
import type { ReductionOperator, ValueId } from "../program.js";
import type { Operand, ProgramWriter } from "./program-writer.js";

/**
 * A sum over adjacent axes before the remaining ones, as a product of [1, r] ones and [r, c] rows: on wasm 0.1 ms
 * instead of 1.8 ms for [1,56,56,256] over space, which TensorFlow.js would transpose first.
 */
export function sumOfRows(
  w: ProgramWriter,
  op: ReductionOperator,
  x: Operand,
  axis: readonly number[],
  shape: readonly number[],
): ValueId | undefined {
  if ((op !== "Sum" && op !== "Mean") || x.type !== "float32") return undefined;
  const lengths = inMemory(x.dims, x.layout);
  const long = axis.filter((at) => lengths[at] !== 1);
  const [first = 0, last = 0] = [long[0], long.at(-1)];
  const rest = lengths.slice(first, last + 1).filter((d, i) => d > 1 && !axis.includes(first + i));
  const [before, rows, columns] = [
    lengths.slice(0, first),
    lengths.slice(first, last + 1),
    lengths.slice(last + 1),
  ].map(sizeOf) as [number, number, number];
  if (rest.length > 0 || columns < 8 || rows < 2) return undefined;
  const weight = op === "Mean" ? 1 / rows : 1;
  const ones = w.constant(full("float32", [1, 1, rows], weight));
  const block = [before, rows, columns];
  const flat = w.emitReshape(x.id, x.type, lengths, block);
  const direct = { adjX: false, adjY: false };
  const summed = [before, 1, columns];
  const sums = w.emit("BatchMatMulV2", [ones.id, flat], direct, x.type, summed);
  return w.emitReshape(sums, x.type, summed, shape);
}
