import { isDiverging, type ColormapName } from "./colormap.js";
import { quantilesOf, type Quantiles } from "./quantiles.js";

/** Which colour stands for which number. */
export interface ColorScale {
  readonly colormap: ColormapName;
  /** The numbers of the first and the last colour; those beyond have the same. */
  readonly low: number;
  readonly high: number;
}

/** Every number has its own colour. */
export const wholeRange: Quantiles = [0, 1];

/**
 * What pictures over a photograph show: a FullGrad map adds a floor of absolute values everywhere, and single hot
 * pixels would leave the rest dark.
 */
export const displayRange: Quantiles = [0.01, 0.995];

/**
 * One scale for all the maps.
 *
 * A diverging colour map is symmetric around zero: the scale ends at ±q, the upper quantile of the absolute numbers.
 * Of several maps, the widest range counts. Numbers that are not finite are passed over.
 *
 * @param colormap the one to use; without it, "rdbu" where a map has negative numbers, else "inferno"
 */
export function colorScale(
  maps: readonly Float32Array[],
  colormap: ColormapName = maps.some(isSigned) ? "rdbu" : "inferno",
  quantiles: Quantiles = displayRange,
): ColorScale {
  if (isDiverging(colormap)) {
    const limits = maps.map((map) => quantilesOf(map.map(Math.abs), quantiles)[1]);
    const limit = limits.reduce((a, b) => Math.max(a, b), 0);
    return { colormap, low: -limit, high: limit };
  }
  const ranges = maps.map((map) => quantilesOf(map, quantiles));
  const low = ranges.reduce((least, [from]) => Math.min(least, from), Infinity);
  const high = ranges.reduce((most, [, to]) => Math.max(most, to), -Infinity);
  return low <= high ? { colormap, low, high } : { colormap, low: 0, high: 0 };
}

/** True where a map holds a negative number. */
export function isSigned(map: Float32Array): boolean {
  return map.some((v) => v < 0);
}

/**
 * The colour of a number, 0 to 255. Where the scale has no extent: the middle of a diverging colour map, the lowest of
 * others.
 */
export function colorIndex({ colormap, low, high }: ColorScale, value: number): number {
  if (!(high > low)) return isDiverging(colormap) ? 128 : 0;
  return Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * 255);
}

/**
 * How much a number stands out, 0 to 1: its way from the low end to the high one; on a diverging scale, its distance
 * from zero.
 */
export function heatOf({ colormap, low, high }: ColorScale, value: number): number {
  if (!(high > low)) return 0;
  const share = isDiverging(colormap) ? Math.abs(value) / high : (value - low) / (high - low);
  return Math.min(1, Math.max(0, share));
}

/** A number at the end of a scale: three significant digits. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return String(Number(value.toPrecision(3)));
}
