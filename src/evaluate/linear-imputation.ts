import type { Random } from "../tensor/random.js";
import type { Extent } from "./subject.js";

/** Weights of the eight neighbours, which add up to 1: 1/6 beside and 1/12 across a corner. */
const neighbours = [
  [0, 1, 1 / 6],
  [0, -1, 1 / 6],
  [1, 0, 1 / 6],
  [-1, 0, 1 / 6],
  [1, 1, 1 / 12],
  [1, -1, 1 / 12],
  [-1, 1, 1 / 12],
  [-1, -1, 1 / 12],
] as const;

/** Where the residual is this part of the right-hand side, the solution is far closer than the noise that is added. */
const tolerance = 1e-6;

/**
 * Noisy linear imputation: each removed pixel becomes the weighted mean of its neighbours, removed ones among them,
 *
 *     Σ_j w_j (x_i − x_j) = 0   over the neighbours j of i inside the picture,
 *
 * plus normal noise. The system is symmetric and, where at least one pixel is left, positive definite; it is solved by
 * conjugate gradients with the diagonal as preconditioner (M. R. Hestenes, E. Stiefel, 1952). Where nothing is left, the
 * picture becomes its mean colour.
 *
 * @param removed places of removed pixels, each once
 * @param noise standard deviation, in the numbers of the network
 * @see Y. Rong, T. Leemann, V. Borisov, G. Kasneci, E. Kasneci, "A Consistent and Efficient Evaluation Strategy for
 * Attribution Methods", ICML 2022, sec. 4.
 */
export function imputeLinearly(
  picture: Float32Array,
  removed: Uint32Array,
  extent: Extent,
  noise: number,
  random: Random,
): Float32Array {
  const result = picture.slice();
  const system = systemOf(removed, extent);
  for (let c = 0; c < extent.channels; c++) {
    const plane = result.subarray(c * extent.pixels, (c + 1) * extent.pixels);
    const solution = solve(system, plane);
    removed.forEach((pixel, i) => {
      plane[pixel] = solution[i]! + noise * random.normal();
    });
  }
  return result;
}

/** One equation for each removed pixel. */
interface System {
  readonly removed: Uint32Array;
  readonly diagonal: Float64Array;
  /** For each equation eight places: the unknown there, or −1. */
  readonly unknowns: Int32Array;
  /** For each equation eight places: the known pixel there, or −1. */
  readonly known: Int32Array;
}

function systemOf(removed: Uint32Array, { height, width, pixels }: Extent): System {
  const equation = new Int32Array(pixels).fill(-1);
  removed.forEach((pixel, i) => (equation[pixel] = i));
  const count = removed.length;
  const diagonal = new Float64Array(count);
  const unknowns = new Int32Array(count * 8).fill(-1);
  const known = new Int32Array(count * 8).fill(-1);
  removed.forEach((pixel, i) => {
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    neighbours.forEach(([dy, dx, weight], k) => {
      if (y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) return;
      const at = pixel + dy * width + dx;
      diagonal[i]! += weight;
      if (equation[at]! >= 0) unknowns[i * 8 + k] = equation[at]!;
      else known[i * 8 + k] = at;
    });
  });
  return { removed, diagonal, unknowns, known };
}

function solve(system: System, plane: Float32Array): Float64Array {
  const { removed, diagonal, known } = system;
  const count = removed.length;
  const right = new Float64Array(count);
  let [sum, seen] = [0, 0];
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 8; k++) {
      const at = known[i * 8 + k]!;
      if (at < 0) continue;
      right[i]! += neighbours[k]![2] * plane[at]!;
      sum += plane[at]!;
      seen++;
    }
  }
  const isSingular = seen === 0;
  const start = isSingular ? plane.reduce((p, q) => p + q, 0) / plane.length : sum / seen;
  const x = new Float64Array(count).fill(start);
  if (isSingular) return x;

  const r = applied(system, x);
  for (let i = 0; i < count; i++) r[i] = right[i]! - r[i]!;
  const p = new Float64Array(count);
  const limit = tolerance ** 2 * dot(right, right);
  let [rho, before] = [0, 0];
  for (let iteration = 0; iteration < 2 * count + 10 && dot(r, r) > limit; iteration++) {
    rho = 0;
    for (let i = 0; i < count; i++) rho += (r[i]! * r[i]!) / diagonal[i]!;
    const beta = before === 0 ? 0 : rho / before;
    for (let i = 0; i < count; i++) p[i] = r[i]! / diagonal[i]! + beta * p[i]!;
    const ap = applied(system, p);
    const alpha = rho / dot(p, ap);
    for (let i = 0; i < count; i++) {
      x[i]! += alpha * p[i]!;
      r[i]! -= alpha * ap[i]!;
    }
    before = rho;
  }
  return x;
}

/** A·v, A_ii = Σ w_j, A_ij = −w_j */
function applied({ diagonal, unknowns }: System, v: Float64Array): Float64Array {
  const result = new Float64Array(v.length);
  for (let i = 0; i < v.length; i++) {
    let sum = diagonal[i]! * v[i]!;
    for (let k = 0, at = i * 8; k < 8; k++, at++) {
      const j = unknowns[at]!;
      if (j >= 0) sum -= (k < 4 ? 1 / 6 : 1 / 12) * v[j]!;
    }
    result[i] = sum;
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
