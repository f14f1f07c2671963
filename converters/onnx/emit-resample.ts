import type { Resample } from "../../src/image/resample.js";
import { int } from "../../src/onnx/attribute.js";
import type { GraphBuilder } from "../../src/onnx/builder.js";
import type { Value } from "../../src/onnx/ir.js";
import { int64 } from "../../src/tensor/tensor.js";

/** Which pixels of a resized axis are wanted: `count` from `begin` on. Those outside of it are black. */
export interface Axis {
  /** 2: down, 3: across. */
  readonly axis: 2 | 3;
  /** Extents of the picture before and after; [1] int64. */
  readonly from: Value;
  readonly to: Value;
  /** [1] int64, negative where black comes first. */
  readonly begin: Value;
  readonly count: number;
}

/**
 * One axis of a picture [N,C,H,W] (float32, whole levels) resized as Pillow does it, and cut; in whole levels again.
 *
 * ONNX's own Resize does not serve: the windows of ONNX Runtime's antialiasing are cut in single precision, which puts
 * columns off by up to ten levels, and other engines have no antialiasing. Two products with a matrix made of the
 * filter are exact.
 */
export function emitResample(b: GraphBuilder, picture: Value, axis: Axis, how: Resample): Value {
  const places = b.add(b.constant(counting(axis.count), "counting"), axis.begin, "places");
  return how === "nearest"
    ? emitNearest(b, picture, axis, places)
    : emitFiltered(b, picture, axis, places, how);
}

/** The pixels at `places` of an axis that is not resized. */
export function emitCut(
  b: GraphBuilder,
  picture: Value,
  { axis, from, begin, count }: Axis,
): Value {
  const places = b.add(b.constant(counting(count), "counting"), begin, "places");
  return emitPick(b, picture, axis, places, isInside(b, places, from));
}

const counting = (count: number) => int64(Array.from({ length: count }, (_, i) => i));

function isInside(b: GraphBuilder, places: Value, extent: Value): Value {
  const isFirst = b.greater(places, b.ints([-1]));
  return b.op("And", [isFirst, b.less(places, extent)], {}, "is_inside");
}

/** picture[…, place, …], 0 where the condition does not hold. */
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

/** ⌊(i + 1/2)·from/to⌋, added up step by step: so Pillow does, and the last bit decides at a pixel's edge. */
function emitNearest(
  b: GraphBuilder,
  picture: Value,
  { axis, from, to }: Axis,
  places: Value,
): Value {
  const step = b.div(b.cast(from, "float64"), b.cast(to, "float64"), "step");
  const isFirst = b.op("Equal", [emitRange(b, to), b.ints([0])]);
  const steps = b.where(isFirst, b.scale(step, 0.5), step, "steps");
  const at = b.op("CumSum", [steps, b.constant(int64([0], []))], {}, "at");
  const pixels = b.cast(b.op("Floor", [at]), "int64", "pixels");
  const isThere = isInside(b, places, to);
  const known = b.where(isThere, places, b.ints([0]));
  const pixel = b.op("Gather", [pixels, known], { axis: int(0) });
  const last = b.sub(from, b.ints([1]));
  return emitPick(b, picture, axis, b.op("Min", [pixel, last]), isThere);
}

/** 0, 1, … below an extent [1]. */
function emitRange(b: GraphBuilder, extent: Value): Value {
  const [none, one] = [b.constant(int64([0], [])), b.constant(int64([1], []))];
  return b.op("Range", [none, b.op("Squeeze", [extent, b.ints([0])]), one], {}, "counting");
}

/** Pillow's fixed point: weights in 22 bits, here in two halves of 11, whose sums float32 has exactly. */
const precision = 22;
const half = 11;

function emitFiltered(
  b: GraphBuilder,
  picture: Value,
  axis: Axis,
  places: Value,
  how: Exclude<Resample, "nearest">,
): Value {
  const weights = b.mul(
    emitWeights(b, axis, places, how),
    b.constant({ dtype: "float64", dims: [], data: Float64Array.of(2 ** precision) }),
  );
  // Halves away from zero, as a cast to an integer after ±1/2 has them.
  const size = b.op("Floor", [b.shift(b.op("Abs", [weights]), 0.5)]);
  const fixed = b.mul(b.op("Sign", [weights]), size, "weights");
  const high = b.op("Floor", [b.scale(fixed, 2 ** -half)], {}, "weights_high");
  const low = b.sub(fixed, b.scale(high, 2 ** half), "weights_low");
  const product = (part: Value, hint: string): Value => {
    const matrix = b.cast(part, "float32");
    const sums =
      axis.axis === 2
        ? b.matmul(matrix, picture, hint)
        : b.matmul(picture, b.transpose(matrix, [1, 0]), hint);
    return b.cast(sums, "int32");
  };
  const whole = b.add(b.scale(product(high, "high"), 2 ** half), product(low, "low"));
  const rounded = b.shift(whole, 2 ** (precision - 1));
  const level = b.div(rounded, b.scalar(2 ** precision, rounded), "rounded");
  const clipped = b.op("Clip", [level, b.scalar(0, level), b.scalar(255, level)]);
  return b.cast(clipped, "float32", "levels");
}

/** Half-widths of Pillow's kernels at scale 1, in source pixels. */
const supports = { box: 0.5, bilinear: 1, hamming: 1, bicubic: 2, lanczos: 3 } as const;

/**
 * [count, from] float64: what each source pixel adds to each wanted one. The kernel at (j − center + 1/2) / stretch,
 * center = (i + 1/2)·from/to, stretch = max(1, from/to), within ±support·stretch of the center, each row adding up to 1.
 */
function emitWeights(
  b: GraphBuilder,
  { from, to }: Axis,
  places: Value,
  how: Exclude<Resample, "nearest">,
): Value {
  const source = b.cast(from, "float64");
  const ratio = b.div(source, b.cast(to, "float64"), "ratio");
  const stretch = b.op("Max", [ratio, b.scalar(1, ratio)], {}, "stretch");
  const rows = b.reshape(b.cast(places, "float64"), [places.fact.shape[0]!, 1]);
  const center = b.mul(b.shift(rows, 0.5), ratio, "center");
  const reach = b.scale(stretch, supports[how], "reach");

  const pixels = b.cast(emitRange(b, from), "float64", "pixels");
  const first = b.op("Floor", [b.shift(b.sub(center, reach), 0.5)], {}, "first");
  const last = b.op("Floor", [b.shift(b.add(center, reach), 0.5)], {}, "last");
  const isNear = b.op("And", [b.op("Not", [b.less(pixels, first)]), b.less(pixels, last)]);
  const distance = b.shift(b.sub(pixels, center), 0.5);
  const x = b.mul(distance, b.div(b.scalar(1, stretch), stretch), "distance");
  const kernel = b.keep(kernels[how](b, x), isNear, how);
  const inside = b.reshape(isInside(b, places, to), [places.fact.shape[0]!, 1]);
  const sum = b.sum(kernel, [1], true);
  const isZero = b.op("Equal", [sum, b.scalar(0, sum)]);
  const share = b.div(kernel, b.where(isZero, b.scalar(1, sum), sum), "shares");
  return b.keep(share, inside);
}

type Kernel = (b: GraphBuilder, x: Value) => Value;

const abs: Kernel = (b, x) => b.op("Abs", [x]);

/** sin(πx)/(πx), 1 at 0. */
const sinc: Kernel = (b, x) => {
  const isZero = b.op("Equal", [x, b.scalar(0, x)]);
  const angle = b.scale(b.where(isZero, b.scalar(1, x), x), Math.PI);
  return b.where(isZero, b.scalar(1, x), b.div(b.op("Sin", [angle]), angle));
};

// ((a + 2)x − (a + 3))x² + 1 below 1, a(((x − 5)x + 8)x − 4) below 2, with a = −1/2
const bicubic: Kernel = (b, signed) => {
  const x = abs(b, signed);
  const near = b.shift(b.mul(b.mul(b.shift(b.scale(x, 1.5), -2.5), x), x), 1);
  const far = b.scale(b.shift(b.mul(b.shift(b.mul(b.shift(x, -5), x), 8), x), -4), -0.5);
  return b.where(b.less(x, 1), near, b.keep(far, b.less(x, 2)));
};

const kernels: Readonly<Record<Exclude<Resample, "nearest">, Kernel>> = {
  box: (b, x) => {
    const isNear = b.op("Not", [b.greater(x, 0.5)]);
    return b.mask(b.op("And", [b.greater(x, -0.5), isNear]), x);
  },
  bilinear: (b, x) => b.op("Max", [b.sub(b.scalar(1, x), abs(b, x)), b.scalar(0, x)]),
  hamming: (b, x) => {
    const cosine = b.op("Cos", [b.scale(x, Math.PI)]);
    const window = b.shift(b.scale(cosine, 0.46), 0.54);
    return b.keep(b.mul(sinc(b, x), window), b.less(abs(b, x), 1));
  },
  bicubic,
  lanczos: (b, x) => {
    const both = b.mul(sinc(b, x), sinc(b, b.scale(x, 1 / 3)));
    return b.keep(both, b.less(abs(b, x), 3));
  },
};
