import { choice, type Setting } from "../methods/core/settings.js";
import { InputError } from "../errors.js";
import { random } from "../tensor/random.js";
import { shuffle } from "../tensor/shuffle.js";

/** The order of pixels with equal saliency. */
export const tieRules = ["position", "random"] as const;
export type TieRule = (typeof tieRules)[number];

/** The settings of tests that remove pixels in order. */
export const rankSettings = {
  ties: choice(
    tieRules,
    "position",
    "order of pixels with equal saliency: by position, or random by the seed",
  ),
};

/** Whether a map is ranked by signed or by absolute values. */
export const signRules = ["absolute", "signed"] as const;

export interface RankOptions {
  /** Which pixels come first. */
  readonly first: "least" | "most";
  /** By absolute value, so that evidence against a class counts too. */
  readonly absolute: boolean;
  /** "position": in memory order. "random": in an order fixed by the seed. */
  readonly ties: TieRule;
  readonly seed: number;
}

/**
 * The pixel indices of a map, least or most salient first. Ranks are unique, so k pixels are always exactly k.
 *
 * @throws {InputError} if the map contains a non-finite value, which has no rank
 */
export function rankPixels(map: Float32Array, options: RankOptions): Uint32Array {
  const { first, absolute, ties, seed } = options;
  const bad = map.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new InputError(`the map contains ${map[bad]!}, so its pixels cannot be ranked`);
  const value = absolute ? map.map(Math.abs) : map;
  const order = Uint32Array.from(map, (_, i) => i);
  const tie = ties === "random" ? shuffle(order.slice(), random(seed)) : order.slice();
  const sign = first === "least" ? 1 : -1;
  return order.sort((a, b) => sign * (value[a]! - value[b]!) || tie[a]! - tie[b]!);
}

/** Fractions as a setting, such as "0.01,0.05"; shown as percentages on an axis. */
export function fractions(fallback: readonly number[], about: string): Setting<readonly number[]> {
  return {
    default: fallback,
    about,
    takes: "numbers from 0 to 1 with commas between, such as 0.01,0.05,0.1",
    read: (given) => {
      const values = typeof given === "string" ? given.split(",").map(Number) : given;
      const fits =
        Array.isArray(values) &&
        values.length > 0 &&
        values.every((v) => typeof v === "number" && v >= 0 && v <= 1);
      return fits ? [...new Set(values as number[])].sort((a, b) => a - b) : undefined;
    },
  };
}

/** round(fraction · pixels), halves rounded up. */
export function countOf(fraction: number, pixels: number): number {
  return Math.min(pixels, Math.max(0, Math.round(fraction * pixels)));
}
