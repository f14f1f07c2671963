/**
 * Resize along one axis as a matrix: row i holds the weights of the inputs in output i. Positions are computed in
 * single precision, step by step as ONNX Runtime does, so that "nearest" picks the same neighbour.
 *
 * @see https://onnx.ai/onnx/operators/onnx__Resize.html
 *
 * @module
 */

export const coordinateModes = [
  "half_pixel",
  "pytorch_half_pixel",
  "half_pixel_symmetric",
  "align_corners",
  "asymmetric",
  "tf_half_pixel_for_nn",
  "tf_crop_and_resize",
] as const;
export const nearestModes = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const;
export const resizeModes = ["nearest", "linear", "cubic"] as const;

export interface Sampling {
  readonly mode: (typeof resizeModes)[number];
  readonly coordinates: (typeof coordinateModes)[number];
  readonly nearest: (typeof nearestModes)[number];
  readonly cubicCoefficient: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

/** One axis: extents before and after, and the scale from which positions are computed. */
export interface ResizedAxis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** [to, from], row-major. */
export function resamplingMatrix(sampling: Sampling, axis: ResizedAxis): Float64Array {
  const { from, to } = axis;
  const matrix = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const weights = weightsOf(sampling, axis, i);
    const kept = sampling.excludeOutside
      ? weights.filter(({ at }) => at >= 0 && at < from)
      : weights;
    const total = kept.reduce((sum, w) => sum + w.weight, 0);
    const unit = sampling.excludeOutside || sampling.antialias ? total : 1;
    for (const { at, weight } of kept) {
      matrix[i * from + Math.min(Math.max(at, 0), from - 1)]! += weight / unit;
    }
  }
  return matrix;
}

interface Weight {
  readonly at: number;
  readonly weight: number;
}

function weightsOf(sampling: Sampling, axis: ResizedAxis, i: number): Weight[] {
  const position = axis.scale === 1 ? i : positionOf(sampling.coordinates, axis, i);
  if (sampling.mode === "nearest")
    return [{ at: nearestTo(position, sampling.nearest), weight: 1 }];
  if (sampling.antialias) return antialiased(sampling, axis, position);
  if (sampling.mode === "linear") {
    const inside = Math.min(Math.max(position, 0), axis.from - 1);
    const low = Math.floor(inside);
    return [
      { at: low, weight: 1 - (inside - low) },
      { at: low + 1, weight: inside - low },
    ];
  }
  const low = Math.floor(position);
  return [-1, 0, 1, 2].map((k) => ({
    at: low + k,
    weight: cubic(low + k - position, sampling.cubicCoefficient),
  }));
}

/** The position of output i in input coordinates. */
function positionOf(mode: Sampling["coordinates"], axis: ResizedAxis, i: number): number {
  const r = Math.fround;
  const { from, to } = axis;
  const scale = r(axis.scale);
  const centre = r(r(i + 0.5) / scale);
  switch (mode) {
    case "half_pixel":
      return r(centre - 0.5);
    case "pytorch_half_pixel":
      return to > 1 ? r(centre - 0.5) : 0;
    case "half_pixel_symmetric": {
      const adjustment = r(to / r(scale * from));
      const offset = r((from / 2) * r(1 - adjustment));
      // ONNX Runtime (1.30) divides in double precision here.
      return r(offset + (i + 0.5) / scale - 0.5);
    }
    case "align_corners":
      return to > 1 ? r(r(i * (from - 1)) / (to - 1)) : 0;
    case "asymmetric":
      return r(i / scale);
    case "tf_half_pixel_for_nn":
      return centre;
    case "tf_crop_and_resize":
      throw new Error("tf_crop_and_resize depends on the region of interest");
  }
}

function nearestTo(position: number, mode: Sampling["nearest"]): number {
  switch (mode) {
    case "floor":
      return Math.floor(position);
    case "ceil":
      return Math.ceil(position);
    case "round_prefer_floor":
      return Math.ceil(position - 0.5);
    case "round_prefer_ceil":
      return Math.floor(position + 0.5);
  }
}

/** The filter stretched by the reduction factor, so that every input has a weight, as in Pillow. */
function antialiased(sampling: Sampling, axis: ResizedAxis, position: number): Weight[] {
  const stretch = Math.max(1, 1 / axis.scale);
  const support = (sampling.mode === "cubic" ? 2 : 1) * stretch;
  const first = Math.floor(position - support + 1);
  const end = Math.floor(position + support + 1);
  return Array.from({ length: end - first }, (_, k) => {
    const distance = (first + k - position) / stretch;
    const weight =
      sampling.mode === "cubic"
        ? cubic(distance, sampling.cubicCoefficient)
        : Math.max(0, 1 - Math.abs(distance));
    return { at: first + k, weight };
  });
}

/** Keys' cubic convolution kernel. */
function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
  return 0;
}
