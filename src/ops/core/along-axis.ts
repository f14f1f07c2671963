import { text } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { staticShape } from "../../tensor/shape.js";
import { checkMade, fromNumbers, int64 } from "../../tensor/tensor.js";
import type { NodeView } from "./node-view.js";

/** Multiplies by a constant [from, to] matrix along one axis: y[…, j, …] = Σᵢ x[…, i, …]·m[i, j]. */
export function alongAxis(
  b: GraphBuilder,
  x: Value,
  axis: number,
  matrix: Float64Array,
  from: number,
  to: number,
): Value {
  const m = b.constant(fromNumbers(x.fact.dtype, [from, to], matrix), "matrix");
  const rank = x.fact.shape.length;
  if (axis === rank - 1) return b.matmul(x, m);
  if (axis === rank - 2) {
    const turned = b.constant(
      fromNumbers(x.fact.dtype, [to, from], turn(matrix, from, to)),
      "matrix",
    );
    return b.matmul(turned, x);
  }
  const perm = Array.from({ length: rank }, (_, i) => i);
  perm[axis] = rank - 1;
  perm[rank - 1] = axis;
  return b.transpose(b.matmul(b.transpose(x, perm), m), perm);
}

/**
 * The indices 0, 1, 2, … along one axis of a value, as a tensor with extent 1 on all other axes. @throws {ShapeError}
 * if the extent is open
 */
export function positionsAlong(b: GraphBuilder, x: Value, axis: number): Value {
  const { shape } = x.fact;
  const [extent] = staticShape([shape[axis]!], `axis ${axis} of "${x.name}"`);
  const dims = shape.map((_, i) => (i === axis ? extent! : 1));
  checkMade(dims, `for "${x.name}" the indices along axis ${axis}`);
  return b.constant(
    int64(
      Array.from({ length: extent! }, (_, i) => i),
      dims,
    ),
    "positions",
  );
}

/** The largest matrix for which a product is used in place of a scatter: 256 by 256. */
const largestProduct = 2 ** 16;

/**
 * The adjoint of copies along one axis: element k of the axis is added at positions[k] of an axis of another extent. Short
 * axes are multiplied with a 0/1 matrix; long ones (signals) are scattered, in memory proportional to their length.
 */
export function addAlong(
  b: GraphBuilder,
  x: Value,
  axis: number,
  positions: readonly number[],
  extent: number,
): Value {
  const length = positions.length;
  if (length * extent <= largestProduct) {
    const matrix = new Float64Array(length * extent);
    positions.forEach((place, k) => (matrix[k * extent + place] = 1));
    return alongAxis(b, x, axis, matrix, length, extent);
  }
  const perm = x.fact.shape.map((_, i) => (i === 0 ? axis : i === axis ? 0 : i));
  const rows = b.transpose(x, perm, "rows");
  const edge = b.slice(rows, [0], [0], [1]);
  const sizes = b.ints(x.fact.shape.map((_, i) => (i === 0 ? extent : 1)));
  const zeros = b.op("Expand", [b.zerosLike(edge), sizes], {}, "zeros");
  const at = b.constant(int64(positions, [length, 1]), "positions");
  const sums = b.op("ScatterND", [zeros, at, rows], { reduction: text("add") }, "sums");
  return b.transpose(sums, perm);
}

/** A [rows, columns] matrix of zeros for {@link alongAxis}. @throws {ShapeError} if it would be too large */
export function emptyMatrix(n: NodeView, rows: number, columns: number): Float64Array {
  checkMade([rows, columns], `for ${n.node.op} (node "${n.name}") a matrix`);
  return new Float64Array(rows * columns);
}

function turn(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]!;
  }
  return result;
}
