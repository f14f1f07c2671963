import type { Resample } from "../../src/image/resample.js";
import { int } from "../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../src/onnx/builder.js";
import type { Value } from "../../src/onnx/ir.js";
import { int64 } from "../../src/tensor/tensor.js";

/** The crop of a resized axis: `count` pixels from `begin`. Pixels outside the picture are black. */
export interface ResampledAxis {
  /** 2 for height, 3 for width. */
  readonly axis: 2 | 3;
  /** Extent of the axis before and after; [1] int64. */
  readonly from: Value;
  readonly to: Value;
  /** [1] int64, negative if black pixels come first. */
  readonly begin: Value;
  readonly count: number;
}

/**
 * Resizes one axis of a picture [N,C,H,W] (float32, integer levels) as Pillow does, and crops it. The result has
 * integer levels.
 *
 * ONNX's Resize is not used: ONNX Runtime computes its antialiasing windows in single precision, with errors of up to
 * ten levels, and other engines have no antialiasing. Two products with a matrix of filter weights are exact.
 */
export function emitResample(
  b: GraphBuilder,
  picture: Value,
  axis: ResampledAxis,
  how: Resample,
): Value {
  const places = b.add(b.constant(counting(axis.count), "counting"), axis.begin, "places");
  return how === "nearest"
    ? emitNearest(b, picture, axis, places)
    : emitFiltered(b, picture, axis, places, how);
}

/** The pixels at the given indices of an axis that is not resized. */
export function emitCut(
  b: GraphBuilder,
  picture: Value,
  { axis, from, begin, count }: ResampledAxis,
): Value {
  const places = b.add(b.constant(counting(count), "counting"), begin, "places");
  return emitPick(b, picture, axis, places, isInside(b, places, from));
}

const counting = (count: number) => int64(Array.from({ length: count }, (_, i) => i));

function isInside(b: GraphBuilder, places: Value, extent: Value): Value {
  const isFirst = b.greater(places, b.ints([-1]));
  return b.op("And", [isFirst, b.less(places, extent)], {}, "is_inside");
}

/** picture[…, index, …], 0 where the condition is false. */
function emitPick(
  b: GraphBuilder,
  picture: Value,
  axis: 2 | 3,
  places: Value,
  isThere: Value,
): Value {
  const safe = b.where(isThere, places, b.ints([0]));
  const picked = b.op("Gather", [picture, safe], { axis: int(axis) }, "picked");
  const mask = b.mask(isThere, picture);
  const count = Number(places.fact.shape[0]);
  return b.mul(picked, axis === 2 ? b.reshape(mask, [count, 1]) : mask, "kept");
}

/** ⌊(i + 1/2)·from/to⌋, accumulated stepwise as in Pillow, because the last bit decides at a pixel boundary. */
function emitNearest(
  b: GraphBuilder,
  picture: Value,
  { axis, from, to }: ResampledAxis,
  places: Value,
): Value {
  const step = b.div(b.cast(from, "float64"), b.cast(to, "float64"), "step");
  const isFirst = b.op("Equal", [emitRange(b, to), b.ints([0])]);
  const steps = b.where(isFirst, b.mulScalar(step, 0.5), step, "steps");
  const at = b.op("CumSum", [steps, b.constant(int64([0], []))], {}, "at");
  const pixels = b.cast(b.op("Floor", [at]), "int64", "pixels");
  const isThere = isInside(b, places, to);
  const known = b.where(isThere, places, b.ints([0]));
  const pixel = b.op("Gather", [pixels, known], { axis: int(0) });
  const last = b.sub(from, b.ints([1]));
  return emitPick(b, picture, axis, b.op("Min", [pixel, last]), isThere);
}

/** 0, 1, …, extent − 1, for an extent [1]. */
function emitRange(b: GraphBuilder, extent: Value): Value {
  const [none, one] = [b.constant(int64([0], [])), b.constant(int64([1], []))];
  return b.op("Range", [none, b.op("Squeeze", [extent, b.ints([0])]), one], {}, "counting");
}

/**
 * Pillow's fixed-point arithmetic: 22-bit weights, split into two halves of 11 bits, whose sums are exact in float32.
 */
const precision = 22;
const half = 11;

function emitFiltered(
  b: GraphBuilder,
  picture: Value,
  axis: ResampledAxis,
  places: Value,
  how: Exclude<Resample, "nearest">,
): Value {
  const weights = b.mul(
    emitWeights(b, axis, places, how),
    b.constant({ dtype: "float64", dims: [], data: Float64Array.of(2 ** precision) }),
  );
  // Rounds halves away from zero, as an integer cast after adding ±1/2 does.
  const size = b.op("Floor", [b.addScalar(b.op("Abs", [weights]), 0.5)]);
  const fixed = b.mul(b.op("Sign", [weights]), size, "weights");
  const high = b.op("Floor", [b.mulScalar(fixed, 2 ** -half)], {}, "weights_high");
  const low = b.sub(fixed, b.mulScalar(high, 2 ** half), "weights_low");
  const product = (part: Value, hint: string): Value => {
    const matrix = b.cast(part, "float32");
    const sums =
      axis.axis === 2
        ? b.matmul(matrix, picture, hint)
        : b.matmul(picture, b.transpose(matrix, [1, 0]), hint);
    return b.cast(sums, "int32");
  };
  const whole = b.add(b.mulScalar(product(high, "high"), 2 ** half), product(low, "low"));
  const rounded = b.addScalar(whole, 2 ** (precision - 1));
  const level = b.div(rounded, b.scalar(2 ** precision, rounded), "rounded");
  const clipped = b.op("Clip", [level, b.scalar(0, level), b.scalar(255, level)]);
  return b.cast(clipped, "float32", "levels");
}

/** Half-widths of Pillow's kernels at scale 1, in source pixels. */
const supports = { box: 0.5, bilinear: 1, hamming: 1, bicubic: 2, lanczos: 3 } as const;

/**
 * [count, from] float64, the weight of each source pixel in each output pixel: the kernel at (j − center + 1/2) /
 * stretch, center = (i + 1/2)·from/to, stretch = max(1, from/to), within ±support·stretch of the center; each row sums
 * to 1.
 */
function emitWeights(
  b: GraphBuilder,
  { from, to }: ResampledAxis,
  places: Value,
  how: Exclude<Resample, "nearest">,
): Value {
  const source = b.cast(from, "float64");
  const ratio = b.div(source, b.cast(to, "float64"), "ratio");
  const stretch = b.op("Max", [ratio, b.scalar(1, ratio)], {}, "stretch");
  const rows = b.reshape(b.cast(places, "float64"), [places.fact.shape[0]!, 1]);
  const center = b.mul(b.addScalar(rows, 0.5), ratio, "center");
  const reach = b.mulScalar(stretch, supports[how], "reach");

  const pixels = b.cast(emitRange(b, from), "float64", "pixels");
  const first = b.op("Floor", [b.addScalar(b.sub(center, reach), 0.5)], {}, "first");
  const last = b.op("Floor", [b.addScalar(b.add(center, reach), 0.5)], {}, "last");
  const isNear = b.op("And", [b.op("Not", [b.less(pixels, first)]), b.less(pixels, last)]);
  const distance = b.addScalar(b.sub(pixels, center), 0.5);
  const x = b.mul(distance, b.div(b.scalar(1, stretch), stretch), "distance");
  const kernel = b.maskBy(kernels[how](b, x), isNear, how);
  const inside = b.reshape(isInside(b, places, to), [places.fact.shape[0]!, 1]);
  const sum = b.sum(kernel, [1], true);
  const isZero = b.op("Equal", [sum, b.scalar(0, sum)]);
  const share = b.div(kernel, b.where(isZero, b.scalar(1, sum), sum), "shares");
  return b.maskBy(share, inside);
}

type Kernel = (b: GraphBuilder, x: Value) => Value;

const abs: Kernel = (b, x) => b.op("Abs", [x]);

/** sin(πx)/(πx), 1 at 0. */
const sinc: Kernel = (b, x) => {
  const isZero = b.op("Equal", [x, b.scalar(0, x)]);
  const angle = b.mulScalar(b.where(isZero, b.scalar(1, x), x), Math.PI);
  return b.where(isZero, b.scalar(1, x), b.div(b.op("Sin", [angle]), angle));
};

// ((a + 2)x − (a + 3))x² + 1 below 1, a(((x − 5)x + 8)x − 4) below 2, with a = −1/2
const bicubic: Kernel = (b, signed) => {
  const x = abs(b, signed);
  const near = b.addScalar(b.mul(b.mul(b.addScalar(b.mulScalar(x, 1.5), -2.5), x), x), 1);
  const far = b.mulScalar(
    b.addScalar(b.mul(b.addScalar(b.mul(b.addScalar(x, -5), x), 8), x), -4),
    -0.5,
  );
  return b.where(b.less(x, 1), near, b.maskBy(far, b.less(x, 2)));
};

const kernels: Readonly<Record<Exclude<Resample, "nearest">, Kernel>> = {
  box: (b, x) => {
    const isNear = b.op("Not", [b.greater(x, 0.5)]);
    return b.mask(b.op("And", [b.greater(x, -0.5), isNear]), x);
  },
  bilinear: (b, x) => b.op("Max", [b.sub(b.scalar(1, x), abs(b, x)), b.scalar(0, x)]),
  hamming: (b, x) => {
    const cosine = b.op("Cos", [b.mulScalar(x, Math.PI)]);
    const window = b.addScalar(b.mulScalar(cosine, 0.46), 0.54);
    return b.maskBy(b.mul(sinc(b, x), window), b.less(abs(b, x), 1));
  },
  bicubic,
  lanczos: (b, x) => {
    const both = b.mul(sinc(b, x), sinc(b, b.mulScalar(x, 1 / 3)));
    return b.maskBy(both, b.less(abs(b, x), 3));
  },
};
