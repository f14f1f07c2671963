import { InputError } from "../errors.js";
import { random } from "../tensor/random.js";

/** How pixels of equal saliency are put in order. */
export const tieRules = ["position", "random"] as const;
export type TieRule = (typeof tieRules)[number];

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
  const tie = ties === "random" ? shuffled(order, seed) : order.slice();
  const sign = first === "least" ? 1 : -1;
  return order.sort((a, b) => sign * (value[a]! - value[b]!) || tie[a]! - tie[b]!);
}

/** round(fraction · pixels), a half up. */
export function countOf(fraction: number, pixels: number): number {
  return Math.min(pixels, Math.max(0, Math.round(fraction * pixels)));
}

/** The elements in a random order that the seed fixes (Fisher and Yates). */
export function shuffled<T extends Uint32Array | Float32Array>(values: T, seed: number): T {
  const { uniform } = random(seed);
  const result = values.slice() as T;
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
