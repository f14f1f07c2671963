import { elementTypeOf } from "./program-writer.js";
import { permutation, type TransposeAttrs } from "../../../ops/movement/movement.js";
import type { DType } from "../../../tensor/dtype.js";
import { sizeOf } from "../../../tensor/shape.js";
import { fromNumbers, type Tensor } from "../../../tensor/tensor.js";
import type { AxisAttrs, Lowering, Lowerings, NodeToLower } from "./lowering.js";
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

/** Whether a value was clipped to the range of a narrow integer type, as in quantization. */
function isWithin({ clippedTo }: Operand, [bits, signed]: readonly [number, boolean]): boolean {
  const least = signed ? -(2 ** (bits - 1)) : 0;
  return clippedTo !== undefined && clippedTo[0] >= least && clippedTo[1] < least + 2 ** bits;
}

/** Casts between dtypes; integers keep their low bits. */
function cast(w: TfOpBuilder, x: Operand, from: DType, to: DType): Operand {
  if (to === from) return x;
  if (to === "bool") {
    const isZero = w.binary("Equal", x, w.scalar(0, x.type));
    return w.not(isZero);
  }
  const numbers = w.cast(x, elementTypeOf(to));
  const bits = from === "bool" || numbers.type !== "int32" ? undefined : narrow[to];
  if (!bits || isWithin(x, bits)) return numbers;
  const [width, signed] = bits;
  const [half, whole] = [signed ? 2 ** (width - 1) : 0, w.scalar(2 ** width, "int32")];
  return w.shift(w.binary("FloorMod", w.shift(numbers, half), whole), -half);
}

function splitLengths(n: NodeToLower<AxisAttrs>): readonly number[] {
  const axis = n.axis();
  return n.node.outputs.map((_, i) => n.dims(i)[axis]!);
}

export const movement: Lowerings = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: (w, n: NodeToLower<TransposeAttrs>) => w.transpose(n.x(), permutation(n.view)),
  Expand: (w, n) => w.expand(n.x(), n.dims()),
  Tile: (w, n) =>
    tile(
      w,
      n.x(),
      n.dims().map((d, i) => d / (n.x().dims[i]! || 1)),
    ),
  Concat: (w, n: NodeToLower<AxisAttrs>) => concat(w, n.all(), n.axis()),
  Split: (w, n: NodeToLower<AxisAttrs>) => {
    const axis = n.axis();
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
  Cast: (w, n: NodeToLower<{ to: DType }>) => cast(w, n.x(), n.view.x().fact.dtype, n.attrs.to),
  ConstantOfShape: (w, n: NodeToLower<{ value: Tensor | undefined }>) => {
    const { value } = n.attrs;
    const known = value ? Number(value.data[0]) : 0;
    return w.fill(n.dims(), known, elementTypeOf(value?.dtype ?? "float32"));
  },
  // Shapes are static here.
  Shape: (w, n) => w.integers(n.view.y().fact.elements as readonly number[]),
  Size: (w, n) => w.scalar(sizeOf(n.x().dims), "int32"),
  Constant: (w, n: NodeToLower<{ value: Tensor }>) => w.constant(n.attrs.value),
  Range: (w, n) => {
    const [start, , step] = [0, 1, 2].map((i) => n.elements(i)?.[0]);
    if (start === undefined || step === undefined)
      throw n.refusal("its numbers depend on the input");
    const values = Array.from({ length: sizeOf(n.dims()) }, (_, i) => start + i * step);
    return w.constant(fromNumbers(n.x().type, n.dims(), values));
  },
};
