/**
 * The rows of an image that RoiAlign reads for a box along one axis, and their weights: a pixel's weight is the product
 * of one weight per axis.
 *
 * @module
 */
import type { GraphBuilder } from "../../onnx/builder.js";
import type { Value } from "../../onnx/ir.js";
import { fromNumbers, int64 } from "../../tensor/tensor.js";
import { multiplyDims } from "../../tensor/shape.js";
import type { NodeView } from "../core/node-view.js";

export interface RoiAttrs {
  readonly mode: "avg" | "max";
  readonly height: number;
  readonly width: number;
  /** 0: as many samples as pixels in a bin. */
  readonly samples: number;
  readonly scale: number;
  readonly coordinates: "half_pixel" | "output_half_pixel";
}

/**
 * An axis of the image: its extent, the number of bins of a box along it, and the column of a box that holds its start.
 */
export interface RoiAxis {
  readonly extent: number;
  readonly bins: number;
  readonly column: 0 | 1;
}

/** The samples of each bin, evenly spaced. Values are [R,1,1], or [R,bins,1] for `first`. */
interface Samples {
  readonly first: Value;
  readonly step: Value;
  readonly count: Value;
}

function samplesOf(b: GraphBuilder, n: NodeView<RoiAttrs>, axis: RoiAxis): Samples {
  const { scale, coordinates, samples } = n.attrs;
  const shift = coordinates === "half_pixel" ? -0.5 : 0;
  const [low, high] = [axis.column, axis.column + 2].map((at) => {
    const side = b.reshape(b.slice(n.x(1), [1], [at], [at + 1]), [n.shape(1)[0]!, 1, 1]);
    return b.addScalar(b.mulScalar(side, scale), shift);
  });
  const given = b.sub(high!, low!);
  const length =
    coordinates === "half_pixel" ? given : b.op("Max", [given, b.scalar(1, given)], {}, "length");
  const bin = b.mulScalar(length, 1 / axis.bins, "bin");
  const count =
    samples > 0
      ? b.addScalar(b.mulScalar(bin, 0), samples)
      : b.op("Max", [b.op("Ceil", [bin]), b.scalar(0, bin)], {}, "count");
  const step = b.div(bin, atLeastOne(b, count), "step");
  const positions = Array.from({ length: axis.bins }, (_, i) => i);
  const numbers = b.constant(fromNumbers(bin.fact.dtype, [1, axis.bins, 1], positions));
  const begin = b.add(low!, b.mul(numbers, bin), "bins");
  return { first: b.add(begin, b.mulScalar(step, 0.5), "first"), step, count };
}

const atLeastOne = (b: GraphBuilder, v: Value): Value => b.op("Max", [v, b.scalar(1, v)]);

/** 0, 1 … extent − 1 as [1,1,extent], plus a number. */
const pixels = (b: GraphBuilder, like: Value, extent: number, plus: number): Value =>
  b.constant(
    fromNumbers(
      like.fact.dtype,
      [1, 1, extent],
      Array.from({ length: extent }, (_, i) => i + plus),
    ),
  );

/**
 * The interpolation weight of each pixel, averaged over the samples of a bin, [R,bins,extent]. A sample at p gives
 * pixel h the weight p − (h − 1) if p is in [h − 1, h), and (h + 1) − p if p is in [h, h + 1); samples up to one pixel
 * outside the image give the first or last pixel the weight 1. Samples are evenly spaced, so each weight is the sum of
 * an arithmetic series, and no tensor has one element per sample.
 */
export function meanWeights(b: GraphBuilder, n: NodeView<RoiAttrs>, axis: RoiAxis): Value {
  const { first: from, step: by, count } = samplesOf(b, n, axis);
  const { extent } = axis;
  // For a box with exchanged sides, the samples in reverse order.
  const back = b.mul(b.op("Min", [by, b.scalar(0, by)]), b.addScalar(count, -1));
  const first = b.add(from, back);
  const step = b.op("Max", [b.op("Abs", [by]), b.scalar(1e-30, by)]);
  const clipped = (v: Value): Value => b.op("Min", [b.op("Max", [v, b.scalar(0, v)]), count]);
  const steps = (to: Value): Value => b.div(b.sub(to, first), step);
  // The number of samples before a position.
  const before = (plus: number): Value =>
    clipped(b.op("Ceil", [steps(pixels(b, first, extent, plus))]));
  const [low, middle] = [before(-1), before(0)];
  const upTo = clipped(b.addScalar(b.op("Floor", [steps(pixels(b, first, extent, 1))]), 1));
  const high = b.where(isPixel(b, extent, extent - 1), upTo, before(1));
  // Σ (first + s·step) over the samples between two indices.
  const series = (start: Value, end: Value, origin: Value, sign: 1 | -1): Value => {
    const many = b.sub(end, start);
    const offset = b.sub(b.add(first, b.mul(start, step)), origin);
    const half = b.mulScalar(b.mul(b.addScalar(many, -1), step), 0.5);
    return b.mulScalar(b.mul(many, b.add(offset, half)), sign);
  };
  const rising = series(low, middle, pixels(b, first, extent, -1), 1);
  const falling = series(middle, high, pixels(b, first, extent, 1), -1);
  const rise = b.where(isPixel(b, extent, 0), b.sub(middle, low), rising);
  const fall = b.where(isPixel(b, extent, extent - 1), b.sub(high, middle), falling);
  return b.div(b.add(rise, fall), atLeastOne(b, count), "weights");
}

const isPixel = (b: GraphBuilder, extent: number, at: number): Value =>
  b.constant(
    fromNumbers(
      "bool",
      [1, 1, extent],
      Array.from({ length: extent }, (_, i) => (i === at ? 1 : 0)),
    ),
  );

/** The two pixels of each sample, one row with the weight of each: [R, bins·samples·2, extent]. */
export function sampleWeights(b: GraphBuilder, n: NodeView<RoiAttrs>, axis: RoiAxis): Value {
  const { first, step, count } = samplesOf(b, n, axis);
  const { extent, bins } = axis;
  const [zero, one] = [0, 1].map((v) => b.scalar(v, first)) as [Value, Value];
  // If boxes differ in the number of samples, the last sample is repeated, which does not change the maximum.
  const most = b.cast(b.max(count, [0, 1, 2], false), "int64");
  const [begin, by] = [0, 1].map((v) => b.constant(int64([v], []))) as [Value, Value];
  const numbers =
    n.attrs.samples > 0 ? range(b, n.attrs.samples) : b.op("Range", [begin, most, by]);
  const row = b.cast(b.op("Unsqueeze", [numbers, b.ints([0, 1])]), first.fact.dtype);
  const last = b.op("Max", [b.addScalar(count, -1), zero]);
  const at = b.add(first, b.mul(b.op("Min", [row, last]), step), "samples");
  const isInside = b.op("And", [
    b.op("GreaterOrEqual", [at, b.scalar(-1, at)]),
    b.op("LessOrEqual", [at, b.scalar(extent, at)]),
  ]);
  const isSampled = b.op("And", [isInside, b.greater(count, 0)]);
  const place = b.op("Clip", [at, zero, b.scalar(extent - 1, at)]);
  const low = b.op("Floor", [place]);
  const fraction = b.sub(place, low);
  const [lower, upper] = [b.sub(one, fraction), fraction].map((v) => b.maskBy(v, isSampled));
  const column = (v: Value): Value => b.op("Unsqueeze", [v, b.ints([3])]);
  const taps = [
    { pixel: low, weight: lower! },
    { pixel: b.addScalar(low, 1), weight: upper! },
  ].map(({ pixel, weight }) => {
    const isRead = b.op("Equal", [column(pixel), pixels(b, at, extent, 0)]);
    return b.mul(b.mask(isRead, at), column(weight));
  });
  // [R, bins, samples, 2·extent], whose elements are in the order of [R, bins·samples·2, extent].
  const rows = multiplyDims(bins, at.fact.shape[2]!, 2);
  return b.reshape(b.concat(taps, 3), [n.shape(1)[0]!, rows, extent], "taps");
}

const range = (b: GraphBuilder, count: number): Value =>
  b.ints(Array.from({ length: count }, (_, i) => i));
