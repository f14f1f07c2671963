import { toNumbers, type Tensor } from "../../tensor/tensor.js";

/**
 * Spatial filters of an image [1,C,…spatial]. The border is reflected with the edge repeated
 * (d c b a | a b c d | d c b a), as in scipy.ndimage.
 *
 * @module
 */

/** A separable Gaussian blur; the kernel is truncated at 4σ. */
export function blur(x: Tensor, sigma: number): Float64Array {
  let values: Float64Array<ArrayBuffer> = Float64Array.from(toNumbers(x));
  if (sigma === 0) return values;
  const kernel = gaussian(sigma);
  for (let axis = 2; axis < x.dims.length; axis++) values = along(values, x.dims, axis, kernel);
  return values;
}

/** Sobel's derivative along one axis: [−1 0 1] along it, [1 2 1] along the others. */
export function sobel(
  values: Float64Array,
  dims: readonly number[],
  direction: number,
): Float64Array {
  const axes = dims.flatMap((_, axis) => (axis > 1 ? [axis] : []));
  return axes.reduce((v, axis) => {
    return along(v, dims, axis, Float64Array.of(...(axis === direction ? [-1, 0, 1] : [1, 2, 1])));
  }, values);
}

/** exp(−i²/2σ²) for i = −r … r, normalised to sum 1. */
function gaussian(sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((p, w) => p + w, 0);
  return weights.map((w) => w / sum);
}

function along(
  values: Float64Array,
  dims: readonly number[],
  axis: number,
  kernel: Float64Array,
): Float64Array<ArrayBuffer> {
  const extent = dims[axis]!;
  const stride = dims.slice(axis + 1).reduce((p, d) => p * d, 1);
  const radius = (kernel.length - 1) / 2;
  const sources = Int32Array.from({ length: extent + 2 * radius }, (_, i) =>
    reflected(i - radius, extent),
  );
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / stride) % extent;
    const first = i - at * stride;
    let sum = 0;
    for (let k = 0; k < kernel.length; k++) {
      sum += kernel[k]! * values[first + sources[at + k]! * stride]!;
    }
    result[i] = sum;
  }
  return result;
}

function reflected(index: number, extent: number): number {
  const period = 2 * extent;
  const i = ((index % period) + period) % period;
  return i < extent ? i : period - 1 - i;
}
