import { sizeOf } from "../../../tensor/shape.js";
import { span, type Axis } from "../../../ops/layers/window.js";
import { channelsLast } from "../layout.js";
import { concat, pad, sliceAxis, subsample } from "./movement-ops.js";
import type { Operand } from "./program-writer.js";
import type { TfOpBuilder } from "./tf-op-builder.js";

/**
 * Convolves x [N,C,…] with kernels [O,C/g,…] by 2-D convolutions. One spatial axis becomes an image of one row; for
 * more than two axes, the taps of the leading axes are summed.
 */
export function convolve(
  w: TfOpBuilder,
  x: Operand,
  kernels: Operand,
  axes: readonly Axis[],
  group: number,
): Operand {
  const begins = [0, 0, ...axes.map((a) => a.begin)];
  const ends = [0, 0, ...axes.map((a) => a.end)];
  const padded = pad(w, w.arrange(x, channelsLast(x.dims.length)), begins, ends);
  const bare = axes.map((a) => ({ ...a, begin: 0, end: 0 }));
  return convolveWithin(w, padded, kernels, bare, group);
}

function convolveWithin(
  w: TfOpBuilder,
  x: Operand,
  kernels: Operand,
  axes: readonly Axis[],
  group: number,
): Operand {
  const [first, ...others] = axes as [Axis, ...Axis[]];
  if (axes.length === 2) return convolveImage(w, x, kernels, axes, group);
  if (axes.length === 1) {
    const row = { kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0 };
    const image = w.reshape(x, [x.dims[0]!, x.dims[1]!, 1, x.dims[2]!]);
    const flat = w.reshape(kernels, [kernels.dims[0]!, kernels.dims[1]!, 1, kernels.dims[2]!]);
    const y = convolveImage(w, image, flat, [row, first], group);
    return w.reshape(y, [y.dims[0]!, y.dims[1]!, y.dims[3]!]);
  }
  // Each tap of the first spatial axis is a convolution over the others, with that axis' positions folded into the
  // batch.
  const [batch, channels, extent, ...rest] = x.dims as [number, number, number, ...number[]];
  const count = positions(extent, first);
  const reach = (count - 1) * first.stride + 1;
  const steps = x.dims.map((_, i) => (i === 2 ? first.stride : 1));
  const taps = Array.from({ length: first.kernel }, (_, k) => {
    const part = subsample(w, sliceAxis(w, x, 2, k * first.dilation, reach), steps);
    const samples = w.reshape(w.transpose(part, swap(x.dims.length)), [
      batch * count,
      channels,
      ...rest,
    ]);
    const tap = sliceAxis(w, kernels, 2, k, 1);
    const kernel = w.reshape(tap, [kernels.dims[0]!, kernels.dims[1]!, ...kernels.dims.slice(3)]);
    return convolveWithin(w, samples, kernel, others, group);
  });
  const sum = taps.reduce((p, q) => w.add(p, q));
  const apart = w.reshape(sum, [batch, count, sum.dims[1]!, ...sum.dims.slice(2)]);
  return w.transpose(apart, swap(x.dims.length));
}

/** Swaps the channel axis and the first spatial axis. */
const swap = (rank: number): number[] => [
  0,
  2,
  1,
  ...Array.from({ length: rank - 3 }, (_, i) => i + 3),
];

/** Two spatial axes, no padding. */
function convolveImage(
  w: TfOpBuilder,
  x: Operand,
  kernels: Operand,
  axes: readonly Axis[],
  group: number,
): Operand {
  const isStrided = axes.some((a) => a.stride > 1);
  const isDilated = axes.some((a) => a.dilation > 1 && a.kernel > 1);
  if (isStrided && isDilated) return stridedAndDilated(w, x, kernels, axes, group);
  const settled = axes.map((a) => ({ ...a, dilation: isDilated ? a.dilation : 1 }));
  const [outputs, channels] = [kernels.dims[0]!, kernels.dims[1]!];
  if (group === 1) return conv2D(w, x, kernels, settled);
  if (channels === 1 || (channels <= 4 && outputs % group === 0)) {
    return depthwise(w, x, kernels, settled, group);
  }
  return inBlocks(w, x, kernels, settled, group);
}

/**
 * TensorFlow.js supports either stride or dilation. Uses the cheaper of a kernel dilated with zeros and a dense
 * result that is subsampled.
 */
function stridedAndDilated(
  w: TfOpBuilder,
  x: Operand,
  kernels: Operand,
  axes: readonly Axis[],
  group: number,
): Operand {
  const grown = sizeOf(axes.map(span)) / sizeOf(axes.map((a) => a.kernel));
  const more = sizeOf(axes.map((a) => a.stride));
  if (grown <= more) {
    const dilations = [1, 1, ...axes.map((a) => a.dilation)];
    const spread = dilateKernel(w, kernels, dilations);
    const dense = axes.map((a) => ({ ...a, kernel: span(a), dilation: 1 }));
    return convolveImage(w, x, spread, dense, group);
  }
  const every = axes.map((a) => ({ ...a, stride: 1 }));
  const y = convolveImage(w, x, kernels, every, group);
  return subsample(w, y, [1, 1, ...axes.map((a) => a.stride)]);
}

/** Inserts zeros between the kernel's elements along each axis. */
function dilateKernel(w: TfOpBuilder, kernels: Operand, dilations: readonly number[]): Operand {
  const dims = kernels.dims;
  const apart = dims.flatMap((d, i) => (dilations[i] === 1 ? [d] : [d, 1]));
  const ends = dims.flatMap((_, i) => (dilations[i] === 1 ? [0] : [0, dilations[i]! - 1]));
  const filled = pad(
    w,
    w.reshape(w.plain(kernels), apart),
    ends.map(() => 0),
    ends,
  );
  const long = w.reshape(
    filled,
    dims.map((d, i) => d * dilations[i]!),
  );
  return dims.reduce((k, d, i) => sliceAxis(w, k, i, 0, dilations[i]! * (d - 1) + 1), long);
}

type Pair = readonly [number, number];

/** The attributes of both convolution operators. */
function windowOf(axes: readonly Axis[]): { readonly strides: Pair; readonly dilations: Pair } {
  const [height, width] = axes as [Axis, Axis];
  return {
    strides: [height.stride, width.stride],
    dilations: [height.dilation, width.dilation],
  };
}

/** Number of window positions along an axis of this extent, without padding. */
const positions = (extent: number, a: Axis): number =>
  Math.floor((extent - span(a)) / a.stride) + 1;

const outputExtents = (x: Operand, axes: readonly Axis[]): number[] =>
  axes.map((a, i) => positions(x.dims[i + 2]!, a));

/** Memory order of kernels [O,C,…]: …IO. */
export const kernelLayout = (rank: number): readonly number[] => [
  ...Array.from({ length: rank - 2 }, (_, i) => i + 2),
  1,
  0,
];

function conv2D(w: TfOpBuilder, x: Operand, kernels: Operand, axes: readonly Axis[]): Operand {
  const layout = channelsLast(4);
  const dims = [x.dims[0]!, kernels.dims[0]!, ...outputExtents(x, axes)];
  const shape = layout.map((axis) => dims[axis]!);
  const inputs = [w.arrange(x, layout).id, w.arrange(kernels, kernelLayout(4)).id];
  const id = w.emit("Conv2D", inputs, windowOf(axes), x.type, shape);
  return { id, type: x.type, dims, layout };
}

/**
 * Grouped convolution with few channels per group: a depthwise convolution of every input channel with all kernels of
 * its group (the multiplier is their number), then a sum over each group's channels. On wasm, 32 groups of 4 channels
 * in [1,56,56,128]: 7 ms; split into groups 63 ms; one dense kernel with zeros 42 ms.
 */
function depthwise(
  w: TfOpBuilder,
  x: Operand,
  kernels: Operand,
  axes: readonly Axis[],
  group: number,
): Operand {
  const [outputs, channels, height, width] = kernels.dims as [number, number, number, number];
  const multiplier = outputs / group;
  const uneven = axes[0]!.stride !== axes[1]!.stride;
  const every = uneven ? axes.map((a) => ({ ...a, stride: 1 })) : axes;
  const layout = channelsLast(4);
  // [g, m, c, h, w] as [h, w, g·c, m]
  const grouped = w.reshape(kernels, [group, multiplier, channels, height, width]);
  const filter = w.reshape(w.plain(w.transpose(grouped, [3, 4, 0, 2, 1])), [
    height,
    width,
    group * channels,
    multiplier,
  ]);
  const dims = [x.dims[0]!, group * channels * multiplier, ...outputExtents(x, every)];
  const inputs = [w.arrange(x, layout).id, filter.id];
  const shape = layout.map((axis) => dims[axis]!);
  const id = w.emit("DepthwiseConv2dNative", inputs, windowOf(every), x.type, shape);
  let y: Operand = { id, type: x.type, dims, layout };
  if (channels > 1) {
    const split = w.reshape(y, [dims[0]!, group, channels, multiplier, dims[2]!, dims[3]!]);
    const parts = Array.from({ length: channels }, (_, c) => sliceAxis(w, split, 2, c, 1));
    const sum = parts.reduce((p, q) => w.add(p, q));
    y = w.reshape(sum, [dims[0]!, outputs, dims[2]!, dims[3]!]);
  }
  return uneven ? subsample(w, y, [1, 1, ...axes.map((a) => a.stride)]) : y;
}

/**
 * Minimum channels per block; smaller dense convolutions are not faster (wasm: 16 blocks of 16, 12 ms; 4 of 32, 17
 * ms).
 */
const leastBlock = 16;

/** Convolves groups separately, with small groups merged into block-diagonal kernels. */
function inBlocks(
  w: TfOpBuilder,
  x: Operand,
  kernels: Operand,
  axes: readonly Axis[],
  group: number,
): Operand {
  const [outputs, channels, ...window] = kernels.dims as [number, number, ...number[]];
  const divisors = Array.from({ length: group }, (_, i) => i + 1).filter((d) => group % d === 0);
  const together = divisors.find((d) => d * channels >= leastBlock) ?? group;
  const [width, height] = [channels * together, (outputs / group) * together];
  const parts = Array.from({ length: group / together }, (_, i) => {
    const image = sliceAxis(w, x, 1, i * width, width);
    const rows = sliceAxis(w, kernels, 0, i * height, height);
    return conv2D(w, image, blockDiagonal(w, rows, together, [height, width, ...window]), axes);
  });
  return concat(w, parts, 1);
}

/** Merges the kernels of several groups [g·m,c,…] into a block-diagonal kernel [g·m,g·c,…]. */
function blockDiagonal(
  w: TfOpBuilder,
  kernels: Operand,
  groups: number,
  dims: readonly number[],
): Operand {
  if (groups === 1) return kernels;
  const [rows, columns] = kernels.dims as [number, number];
  const each = rows / groups;
  const none = kernels.dims.map(() => 0);
  const parts = Array.from({ length: groups }, (_, i) => {
    const part = sliceAxis(w, kernels, 0, i * each, each);
    return pad(w, part, none.with(1, i * columns), none.with(1, dims[1]! - (i + 1) * columns));
  });
  return concat(w, parts, 0);
}
