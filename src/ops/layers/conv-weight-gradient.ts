import { int } from "../../onnx/attribute.js";
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { indicesOf, sizeOf, staticShape, type Dim, type Shape } from "../../tensor/shape.js";
import { windowAttributes, type Axis } from "./window.js";

/**
 * The gradient of a convolution with respect to its weight. With groups, a convolution. Without, matrix products: with
 * stride 1 one of dy and the shifted x for each kernel position, else a single one of dy and im2col columns. Shifts copy
 * long runs of memory where columns copy rows of the image; they are not used where the grid that they need has more than
 * twice as many positions as dy. Milliseconds on one thread of ONNX Runtime, matrix product and convolution:
 * 64x16x28x28 to 32 channels, 3x3: 14 and 21; 32x64x28x28 to 128, 1x1: 7 and 27; 32x512x1x1, 3x3: 5 and 10; depthwise
 * with stride 2: 42 and 10.
 */
export function convWeightGradient(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  axes: readonly Axis[],
  group: number,
  weight: Shape,
): Value {
  if (group > 1) return weightGradientByConvolution(b, x, dy, axes, group, weight);
  const isDense = axes.every((a) => a.stride === 1) && axes.some((a) => a.kernel > 1);
  const grid = gridOf(x, dy, axes);
  const isTight = sizeOf(grid) <= 2 * sizeOf(staticShape(dy.fact.shape.slice(2), "the output"));
  return isDense && isTight
    ? weightGradientByShifts(b, x, dy, axes, weight, grid)
    : weightGradientByColumns(b, x, dy, axes, weight);
}

// dw[o, c, k] = Σ_n Σ_p dy[n, o, p]·x[n, c, stride·p + dilation·k − begin]
function weightGradientByColumns(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  axes: readonly Axis[],
  weight: Shape,
): Value {
  const [co, ci, ...kernel] = staticShape(weight, "the weight");
  const outputs = staticShape(dy.fact.shape.slice(2), "the output of a convolution");
  const channelsFirst = x.fact.shape.map((_, i) => (i > 1 ? i : 1 - i));
  const begins = axes.map((a) => a.begin);
  const ends = axes.map((a) => a.end);
  const padded = b.pad(b.transpose(x, channelsFirst), [0, 0, ...begins, 0, 0, ...ends]);
  const steps = b.ints(axes.map((a) => a.stride));
  const space = b.ints(axes.map((_, i) => i + 2));
  const read = indicesOf(kernel).map((at) => {
    const from = axes.map((a, i) => a.dilation * at[i]!);
    const to = axes.map((a, i) => from[i]! + a.stride * (outputs[i]! - 1) + 1);
    return b.op("Slice", [padded, b.ints(from), b.ints(to), space, steps], {}, "dw/read");
  });
  const columns = flatten(b, b.concat(read, 0, "dw/columns"));
  const rows = flatten(b, b.transpose(dy, channelsFirst));
  const product = b.op("Gemm", [rows, columns], { transB: int(1) }, "dw/product");
  const byPosition = b.reshape(product, [co!, read.length, ci!]);
  return b.reshape(b.transpose(byPosition, [0, 2, 1]), [co!, ci!, ...kernel], "dw");
}

// As above, for stride 1. x and dy lie on one grid whose rows and images are far enough apart that a window reads
// zeros beside an image. Then p and dilation·k − begin are distances along the flattened grid: each k reads a single run
// of memory per channel, and has a product of its own. An image of zeros precedes and follows the batch.
function weightGradientByShifts(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  axes: readonly Axis[],
  weight: Shape,
  grid: readonly number[],
): Value {
  const [co, ci, ...kernel] = staticShape(weight, "the weight");
  const image = sizeOf(grid);
  const onGrid = (value: Value, margin: number): Value => {
    const extents = staticShape(value.fact.shape.slice(2), "an operand of a convolution");
    const channelsFirst = value.fact.shape.map((_, i) => (i > 1 ? i : 1 - i));
    const zeros = axes.map(() => 0);
    const ends = grid.map((extent, i) => extent - extents[i]!);
    const pads = [0, margin, ...zeros, 0, margin, ...ends];
    return flatten(b, b.pad(b.transpose(value, channelsFirst), pads));
  };
  const [source, rows] = [onGrid(x, 1), onGrid(dy, 0)];
  const products = indicesOf(kernel).map((at) => {
    const shift = axes.reduce((sum, a, i) => sum * grid[i]! + a.dilation * at[i]! - a.begin, 0);
    // Counted from the end, as the batch may be open: all but two images in length.
    const start = image + shift;
    const read = b.slice(source, [1], [start], [start - 2 * image], "dw/read");
    return b.op("Gemm", [rows, read], { transB: int(1) }, "dw/product");
  });
  const byPosition = b.reshape(b.concat(products, 0), [products.length, co!, ci!]);
  return b.reshape(b.transpose(byPosition, [1, 2, 0]), [co!, ci!, ...kernel], "dw");
}

/** A grid on which the windows of an image read no other image, and which all outputs fit on. */
function gridOf(x: Value, dy: Value, axes: readonly Axis[]): number[] {
  const inputs = staticShape(x.fact.shape.slice(2), "the input of a convolution");
  const outputs = staticShape(dy.fact.shape.slice(2), "the output of a convolution");
  return axes.map((a, i) => Math.max(inputs[i]! + Math.max(a.begin, a.end), outputs[i]!));
}

/** Reshapes to a matrix with one row per element of the first axis. */
function flatten(b: GraphBuilder, x: Value): Value {
  return b.op("Flatten", [x], { axis: int(1) });
}

/** With batch and channels exchanged, x convolved by dy, where stride and dilation change places. What the forward
 * pass left over at the end is cut off. */
function weightGradientByConvolution(
  b: GraphBuilder,
  x: Value,
  dy: Value,
  axes: readonly Axis[],
  group: number,
  weight: Shape,
): Value {
  const [batch, , ...spatial] = x.fact.shape;
  const [, , ...outputs] = dy.fact.shape;
  const [co, ci, ...kernel] = staticShape(weight, "the weight");
  const rest = (dims: readonly Dim[], offset: number): number[] => dims.map((_, i) => i + offset);
  const source = b.reshape(
    b.transpose(b.reshape(x, [batch!, group, ci!, ...spatial]), [2, 1, 0, ...rest(spatial, 3)]),
    [ci!, multiply(group, batch!), ...spatial],
  );
  const filter = b.reshape(
    b.transpose(b.reshape(dy, [batch!, group, co! / group, ...outputs]), [
      1,
      2,
      0,
      ...rest(outputs, 3),
    ]),
    [co!, batch!, ...outputs],
  );
  const exchanged = axes.map((a, i) => ({
    ...a,
    kernel: Number(outputs[i]),
    stride: a.dilation,
    dilation: a.stride,
  }));
  const attributes = windowAttributes(exchanged, group);
  const correlated = b.op("Conv", [source, filter], attributes, "dw/swapped");
  const cut = b.slice(
    correlated,
    rest(kernel, 2),
    kernel.map(() => 0),
    kernel,
    "dw/cut",
  );
  return b.transpose(cut, [1, 0, ...rest(kernel, 2)], "dw");
}

function multiply(group: number, batch: Dim): Dim {
  return typeof batch === "number" ? group * batch : group === 1 ? batch : `${group}*${batch}`;
}
