import { broadcast, sizeOf } from "../../../tensor/shape.js";
import { plainLayout, reshapedLayout, sameOrder } from "../layout.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** Matrix products. */

/**
 * Matrix product of [..., r, k] and [..., k, c] with broadcast batches. Matrices stored transposed are read as such.
 */
export function matmul(w: TfOpBuilder, a: Operand, b: Operand): Operand {
  const [samples, weights] = [a, b].map((o) => sizeOf(o.dims.slice(0, -2)));
  const rowsTogether = [sizeOf(a.dims.slice(0, -1)), a.dims.at(-1)!];
  if (samples! > 1 && weights === 1 && reshapedLayout(a.dims, a.layout, rowsTogether)) {
    // A single product of all rows with one matrix.
    const y = matmul(w, w.reshape(a, rowsTogether), w.reshape(b, b.dims.slice(-2)));
    const batch = broadcast(a.dims.slice(0, -2), b.dims.slice(0, -2)) as number[];
    return w.reshape(y, [...batch, a.dims.at(-2)!, b.dims.at(-1)!]);
  }
  const rank = Math.max(a.dims.length, b.dims.length);
  const lifted = [w.lift(a, rank), w.lift(b, rank)];
  const batches = lifted.map((o) => o.dims.slice(0, -2));
  const batch = broadcast(...batches) as number[];
  // Kernels support equal batch sizes, or one side unbatched.
  const [x, y] = lifted.map((o) =>
    sizeOf(o.dims.slice(0, -2)) === 1 ? o : w.expand(o, [...batch, ...o.dims.slice(-2)]),
  ) as [Operand, Operand];
  const [rows, columns] = [a.dims.at(-2)!, b.dims.at(-1)!];
  const dims = [...batch, rows, columns];
  const [plain, across] = [plainLayout(rank), turned(plainLayout(rank))];
  const [isTurned, isOtherTurned] = [x, y].map(
    (o) => !isVector(o) && sameOrder(o.dims, o.layout, across),
  ) as [boolean, boolean];
  if ((isTurned || isOtherTurned) && (isTurned || isVector(x)) && (isOtherTurned || isVector(y))) {
    // (x·y)ᵀ = yᵀ·xᵀ; the layout of the result undoes the transposition.
    const ids = [w.arrange(y, across).id, w.arrange(x, across).id];
    const id = w.emit("BatchMatMulV2", ids, direct, a.type, [...batch, columns, rows]);
    return { id, type: a.type, dims, layout: across };
  }
  const ids = [
    w.arrange(x, isTurned ? across : plain).id,
    w.arrange(y, isOtherTurned ? across : plain).id,
  ];
  const attributes = { adjX: isTurned, adjY: isOtherTurned };
  const id = w.emit("BatchMatMulV2", ids, attributes, a.type, dims);
  return { id, type: a.type, dims, layout: plain };
}

const direct = { adjX: false, adjY: false };
const turned = (layout: readonly number[]): number[] => [
  ...layout.slice(0, -2),
  layout.at(-1)!,
  layout.at(-2)!,
];
const isVector = ({ dims }: Operand): boolean => dims.at(-1) === 1 || dims.at(-2) === 1;

/** y[…, j, …] = Σᵢ m[j, i]·x[…, i, …] along one axis. */
export function alongAxis(
  w: TfOpBuilder,
  x: Operand,
  axis: number,
  matrix: Float64Array,
  to: number,
): Operand {
  const from = x.dims[axis]!;
  const at = x.layout.indexOf(axis);
  const lengths = x.layout.map((a) => x.dims[a]!);
  const [before, after] = [sizeOf(lengths.slice(0, at)), sizeOf(lengths.slice(at + 1))];
  const shape = lengths.with(at, to);
  const blocks = (size: readonly number[]): number =>
    w.emit("Reshape", [x.id], { shape: size }, x.type, size);
  let id: number;
  if (after === 1) {
    const turnedMatrix = new Float64Array(matrix.length);
    for (let j = 0; j < to; j++)
      for (let i = 0; i < from; i++) turnedMatrix[i * to + j] = matrix[j * from + i]!;
    const m = w.floats([1, from, to], turnedMatrix);
    const rows = blocks([1, before, from]);
    id = w.emit("BatchMatMulV2", [rows, m.id], direct, x.type, [1, before, to]);
  } else {
    const m = w.floats([1, to, from], matrix);
    const columns = blocks([before, from, after]);
    id = w.emit("BatchMatMulV2", [m.id, columns], direct, x.type, [before, to, after]);
  }
  const result = w.emit("Reshape", [id], { shape }, x.type, shape);
  return { id: result, type: x.type, dims: x.dims.with(axis, to), layout: x.layout };
}
