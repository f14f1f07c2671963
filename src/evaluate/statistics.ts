import { random } from "../tensor/random.js";

/** The mean of a sample, with a confidence interval for the population mean. */
export interface Estimate {
  /** The number of finite values. */
  readonly n: number;
  readonly mean: number;
  readonly median: number;
  /** 95 % percentile bootstrap interval of the mean (B. Efron, 1979); absent with fewer than two values. */
  readonly low?: number;
  readonly high?: number;
}

/** The number of bootstrap resamples. */
const resamplings = 1000;

/**
 * Estimates the mean of the finite values; missing and non-finite ones are skipped and not counted in `n`. The seed
 * fixes the resamples, so that two methods on the same images are resampled alike.
 */
export function estimate(values: readonly number[], seed: number): Estimate {
  const kept = values.filter(Number.isFinite);
  const n = kept.length;
  const sorted = kept.toSorted((a, b) => a - b);
  const average = mean(kept);
  const middle = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  if (n < 2) return { n, mean: average, median: middle };
  const means = bootstrapMeans(kept, seed);
  const at = (quantile: number): number => means[Math.round(quantile * (resamplings - 1))]!;
  return { n, mean: average, median: middle, low: at(0.025), high: at(0.975) };
}

function bootstrapMeans(values: readonly number[], seed: number): Float64Array {
  const numbers = random(seed);
  const n = values.length;
  return Float64Array.from({ length: resamplings }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[Math.floor(numbers.uniform() * n)]!;
    return sum / n;
  }).sort();
}

/** NaN for an empty list. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** The mean height of a curve: its area (trapezoid rule) divided by its width. */
export function meanHeight(places: readonly number[], heights: readonly number[]): number {
  const width = places.at(-1)! - places[0]!;
  if (width === 0) return heights[0]!;
  let area = 0;
  for (let i = 1; i < places.length; i++) {
    area += ((heights[i]! + heights[i - 1]!) / 2) * (places[i]! - places[i - 1]!);
  }
  return area / width;
}

/** Pearson's correlation; NaN if either is constant. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [mx, my] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - mx, y[i]! - my];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx === 0 || yy === 0 ? NaN : xy / Math.sqrt(xx * yy);
}

/** Spearman's rank correlation; ties get their mean rank. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return pearson(ranksOf(x), ranksOf(y));
}

/** Ranks from 0, the smallest first; ties get their mean rank. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}
