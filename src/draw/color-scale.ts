import { isDiverging, type ColormapName } from "./colormap.js";
import { quantilesOf, type Quantiles } from "./quantiles.js";

/** A mapping from numbers to colours. */
export interface ColorScale {
  readonly colormap: ColormapName;
  /** Values of the first and the last colour; values beyond are clamped. */
  readonly low: number;
  readonly high: number;
}

/** The full range: no value is clamped. */
export const wholeRange: Quantiles = [0, 1];

/**
 * Quantiles for pictures over a photograph. A FullGrad map has a floor of absolute values everywhere, and isolated
 * peaks would leave the rest dark.
 */
export const displayRange: Quantiles = [0.01, 0.995];

/**
 * Chooses a common scale for the maps.
 *
 * A diverging colour map is symmetric around zero: the scale is ±q, with q the upper quantile of absolute values. For
 * several maps the widest range is used. Non-finite values are ignored.
 *
 * @param colormap default: "rdbu" if any map has negative values, else "inferno"
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

/** True if the map has a negative value. */
export function isSigned(map: Float32Array): boolean {
  return map.some((v) => v < 0);
}

/**
 * The colour index of a value, 0 to 255. For an empty range: the middle of a diverging colour map, the lowest colour
 * of others.
 */
export function colorIndex({ colormap, low, high }: ColorScale, value: number): number {
  if (!(high > low)) return isDiverging(colormap) ? 128 : 0;
  const share = (value - low) / (high - low);
  if (share <= 0) return 0;
  return share >= 1 ? 255 : Math.floor(share * 255 + 0.5);
}

/**
 * Salience of a value, 0 to 1: its relative position between the ends of the scale; on a diverging scale, its
 * relative distance from zero.
 */
export function heatOf({ colormap, low, high }: ColorScale, value: number): number {
  if (!(high > low)) return 0;
  const share = isDiverging(colormap) ? Math.abs(value) / high : (value - low) / (high - low);
  return Math.min(1, Math.max(0, share));
}

/** Formats a scale label with three significant digits. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return String(Number(value.toPrecision(3)));
}
