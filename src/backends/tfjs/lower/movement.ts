import { elementTypeOf } from "./program-writer.js";
import { dtypeOf } from "../../../onnx/file/element-types.js";
import type { DType } from "../../../tensor/dtype.js";
import { sizeOf } from "../../../tensor/shape.js";
import { fromNumbers } from "../../../tensor/tensor.js";
import { plainLayout } from "../layout.js";
import type { Lowering, Lowerings, NodeToLower } from "./lowering.js";
import { concat, sliceAxis, tile } from "./movement-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/** The output's static shape is all that a reshape needs. */
const reshaped: Lowering = (w, n) => w.reshape(n.x(), n.dims());

const narrow: Partial<Record<DType, readonly [bits: number, signed: boolean]>> = {
  uint8: [8, false],
  int8: [8, true],
  uint16: [16, false],
  int16: [16, true],
};

/** Casts between dtypes; integers keep their low bits. */
function cast(w: TfOpBuilder, x: Operand, from: DType, to: DType): Operand {
  if (to === from) return x;
  if (to === "bool") {
    const isZero = w.binary("Equal", x, w.scalar(0, x.type));
    return w.not(isZero);
  }
  const numbers = w.cast(x, elementTypeOf(to));
  const bits = from === "bool" || numbers.type !== "int32" ? undefined : narrow[to];
  if (!bits) return numbers;
  const [width, signed] = bits;
  const [half, whole] = [signed ? 2 ** (width - 1) : 0, w.scalar(2 ** width, "int32")];
  return w.shift(w.binary("FloorMod", w.shift(numbers, half), whole), -half);
}

function splitLengths(n: NodeToLower): readonly number[] {
  const axis = n.axis("axis", 0);
  return n.node.outputs.map((_, i) => n.dims(i)[axis]!);
}

export const movement: Lowerings = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: (w, n) => {
    const rank = n.x().dims.length;
    return w.transpose(n.x(), n.attributes.ints("perm") ?? plainLayout(rank).toReversed());
  },
  Expand: (w, n) => w.expand(n.x(), n.dims()),
  Tile: (w, n) =>
    tile(
      w,
      n.x(),
      n.dims().map((d, i) => d / (n.x().dims[i]! || 1)),
    ),
  Concat: (w, n) => concat(w, n.all(), n.axis("axis", 0)),
  Split: (w, n) => {
    const axis = n.axis("axis", 0);
    let start = 0;
    return splitLengths(n).map((length) => {
      const part = sliceAxis(w, n.x(), axis, start, length);
      start += length;
      return part;
    });
  },
  Identity: (_, n) => n.x(),
  // Inference mode: nothing is dropped.
  Dropout: (w, n) => [n.x(), n.node.outputs[1] ? w.fill(n.x().dims, 1) : undefined],
  Cast: (w, n) => cast(w, n.x(), n.view.x().fact.dtype, dtypeOf(n.attributes.int("to", 1))!),
  CastLike: (w, n) => cast(w, n.x(), n.view.x().fact.dtype, n.view.x(1).fact.dtype),
  ConstantOfShape: (w, n) => {
    const value = n.attributes.tensor("value");
    const known = value ? Number(value.data[0]) : 0;
    return w.fill(n.dims(), known, elementTypeOf(value?.dtype ?? "float32"));
  },
  EyeLike: (w, n) => {
    const [rows, columns] = n.dims() as [number, number];
    const k = n.attributes.int("k", 0);
    const values = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++)
      if (i + k >= 0 && i + k < columns) values[i * columns + i + k] = 1;
    return w.constant(fromNumbers(elementTypeOf(n.view.y().fact.dtype), n.dims(), values));
  },
  // Shapes are static here.
  Shape: (w, n) => w.integers(n.view.y().fact.elements as readonly number[]),
  Size: (w, n) => w.scalar(sizeOf(n.x().dims), "int32"),
  Constant: (w, n) => w.constant(n.attributes.required("value", n.attributes.tensor("value"))),
  Range: (w, n) => {
    const [start, , step] = [0, 1, 2].map((i) => n.elements(i)?.[0]);
    if (start === undefined || step === undefined)
      throw n.refusal("its numbers depend on the input");
    const values = Array.from({ length: sizeOf(n.dims()) }, (_, i) => start + i * step);
    return w.constant(fromNumbers(n.x().type, n.dims(), values));
  },
  DepthToSpace: (w, n) => {
    const [batch, channels, height, width] = n.x().dims as [number, number, number, number];
    const block = n.attributes.int("blocksize", 1);
    const depth = channels / block ** 2;
    const first = n.attributes.text("mode", "DCR") === "DCR";
    const split = first
      ? [batch, block, block, depth, height, width]
      : [batch, depth, block, block, height, width];
    const perm = first ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
    return w.reshape(w.transpose(w.reshape(n.x(), split), perm), n.dims());
  },
  SpaceToDepth: (w, n) => {
    const [batch, channels, height, width] = n.x().dims as [number, number, number, number];
    const block = n.attributes.int("blocksize", 1);
    const split = [batch, channels, height / block, block, width / block, block];
    const perm =
      n.attributes.text("mode", "DCR") === "DCR" ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
    return w.reshape(w.transpose(w.reshape(n.x(), split), perm), n.dims());
  },
};
