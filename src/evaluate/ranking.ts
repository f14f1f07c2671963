import { choice, type Setting } from "../methods/core/settings.js";
import { InputError } from "../errors.js";
import { random } from "../tensor/random.js";
import { shuffle } from "../tensor/shuffle.js";

/** How pixels of equal saliency are put in order. */
export const tieRules = ["position", "random"] as const;
export type TieRule = (typeof tieRules)[number];

/** What tests that remove pixels in order let one choose. */
export const rankSettings = {
  ties: choice(
    tieRules,
    "position",
    "order of pixels with equal saliency: as they lie, or at random by the seed",
  ),
};

/** Whether a map is taken as it is, or by its absolute values. */
export const signRules = ["absolute", "signed"] as const;

export interface RankOptions {
  /** Which pixels come first. */
  readonly first: "least" | "most";
  /** By absolute value: what speaks against a class matters too. */
  readonly absolute: boolean;
  /** "position": as they lie in the picture. "random": in an order that the seed fixes. */
  readonly ties: TieRule;
  readonly seed: number;
}

/**
 * The places of a map's pixels, the least or the most salient first. Every pixel has one rank, so k pixels are always k.
 *
 * @throws {InputError} where the map has a number that is not finite: it has no rank
 */
export function rankPixels(map: Float32Array, options: RankOptions): Uint32Array {
  const { first, absolute, ties, seed } = options;
  const bad = map.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new InputError(`the map holds ${map[bad]!}, which has no rank`);
  const value = absolute ? map.map(Math.abs) : map;
  const order = Uint32Array.from(map, (_, i) => i);
  const tie = ties === "random" ? shuffle(order.slice(), random(seed)) : order.slice();
  const sign = first === "least" ? 1 : -1;
  return order.sort((a, b) => sign * (value[a]! - value[b]!) || tie[a]! - tie[b]!);
}

/** Parts of one as a setting, such as "0.01,0.05"; as percent on an axis. */
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

/** round(fraction · pixels), a half up. */
export function countOf(fraction: number, pixels: number): number {
  return Math.min(pixels, Math.max(0, Math.round(fraction * pixels)));
}
